// Runs before the first paint, so that nothing flashes in the wrong colours or is read out in the wrong language.
(() => {
  const stored = (name) => {
    try {
      return JSON.parse(localStorage.getItem(`report-rag.${name}`));
    } catch {
      return null; // storage is forbidden, or holds what somebody else wrote
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const language = stored("language") ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
  const theme = () => stored("theme") ?? (dark.matches ? "dark" : "light");
  const root = document.documentElement;
  if (root.lang !== "en") root.lang = language === "zh" ? "zh-Hans" : "en"; // the reference is in English alone
  root.dataset.theme = theme();
  dark.addEventListener("change", () => (root.dataset.theme = theme()));
})();
