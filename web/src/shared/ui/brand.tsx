/** Steward's mark. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className={className}>
      <rect width="32" height="32" rx="9" className="fill-accent-fill" />
      <path
        d="M21.5 12.2C20.6 10.4 18.7 9.5 16.2 9.5 13 9.5 10.8 10.9 10.8 13c0 4.8 10.6 1.6 10.6 6.4 0 2.1-2.2 3.6-5.4 3.6-2.7 0-4.7-1.1-5.6-3"
        fill="none"
        stroke="#fff"
        strokeWidth="2.8"
        strokeLinecap="round"
      />
    </svg>
  );
}
