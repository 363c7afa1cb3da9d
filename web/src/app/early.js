// The page's first script, before anything is drawn: it sets the theme, so that a dark page never flashes white, and for
// somebody who is signed in it begins to fetch what the page will show, while the app itself is still on its way.
(function () {
  var kept = function (key) {
    try {
      return localStorage.getItem(key);
    } catch (error) {
      // Storage may be closed to us.
      return null;
    }
  };

  var choice = kept("steward.theme");
  var dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";

  // The reader of schemas would try `eval`, which the server's policy forbids and the browser reports.
  window.__zod_globalConfig = { jitless: true };

  // Without its scripts the page says so itself.
  addEventListener(
    "error",
    function (event) {
      var words = event.target instanceof HTMLScriptElement && document.getElementById("not-loaded");
      if (words) words.hidden = false;
    },
    true,
  );

  var path = location.pathname;
  if (kept("steward.signed-in") === null || /^\/(sign-in|welcome|embed|dev)(\/|$)/.test(path)) return;

  // The files of each page, which the build writes down here: by the beginning of its address.
  var files = JSON.parse(document.currentScript.dataset.files || "{}");
  for (var beginning in files)
    if (beginning === "/" ? path === "/" : path.indexOf(beginning) === 0)
      files[beginning].forEach(function (file) {
        var link = document.createElement("link");
        link.rel = "modulepreload";
        // After what the first paint waits for.
        link.fetchPriority = "low";
        link.href = file;
        document.head.append(link);
      });

  // What the app asks first, in just these words: shared/api/early.ts hands the answers over.
  var addresses = ["/api/v1/me"];
  if (path === "/") addresses.push("/api/v1/models", "/api/v1/documents?limit=30");
  var chat = /^\/chat\/([\w-]+)$/.exec(path);
  if (chat && location.search === "") addresses.push("/api/v1/chat/" + chat[1] + "?limit=50");
  window.stewardEarly = {};
  addresses.forEach(function (address) {
    var answer = fetch(address);
    // Whoever takes it hears of a failure; nobody may.
    answer.catch(function () {});
    window.stewardEarly[address] = answer;
  });
})();
