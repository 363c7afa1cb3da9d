// Runs before the first paint, so that a dark page never flashes white.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem("steward.theme");
  } catch (error) {
    // Storage may be closed to us; the system's choice stands then.
  }
  var dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
