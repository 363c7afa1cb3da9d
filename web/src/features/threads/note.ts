// How a line looks that stands where the list would be.
export const note = "px-2.5 py-6 text-center text-sm text-quiet";
