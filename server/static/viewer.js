// The map viewer's address names the layers that are switched on, so that it can be sent to somebody.

const form = document.querySelector(".viewer-list");

form?.addEventListener("change", () => {
  const chosen = new URLSearchParams(new FormData(form));
  history.replaceState(null, "", `${location.pathname}?${chosen}${location.hash}`);
});
form?.addEventListener("submit", (event) => event.preventDefault());
