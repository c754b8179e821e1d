// The desks' conveniences: large uploads show how far they are, what was typed is not lost by leaving, and the review
// desk answers to the keyboard. Without JavaScript every form and link works the same.

const angka = new Intl.NumberFormat("id-ID", { maximumFractionDigits: 0 });

// One answer for all questions of one kind; those that have an answer of their own keep it.
for (const button of document.querySelectorAll("[data-same]")) {
  const group = button.closest("section");
  group.addEventListener("change", () => { button.hidden = false; });
  button.addEventListener("click", () => {
    const { value } = group.querySelector("input:checked");
    for (const radio of group.querySelectorAll(`input[value="${value}"]`)) {
      if (!group.querySelector(`input[name="${CSS.escape(radio.name)}"]:checked`)) radio.checked = true;
    }
  });
}

// An upload with its progress. A refusal is shown above the form, which keeps the chosen file and all that was typed.
function send(form) {
  const button = form.querySelector("[type=submit]");
  const words = button.innerHTML;
  const bar = document.createElement("progress");
  const said = document.createElement("p");
  said.className = "help";
  said.setAttribute("role", "status");
  bar.max = 100;
  form.append(bar, said);
  button.disabled = true;
  button.textContent = "Mengunggah…";
  form.parentElement.querySelector(":scope > .problem")?.remove();

  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
    if (!lengthComputable) return;
    bar.value = (100 * loaded) / total;
    said.textContent = loaded < total ? `${angka.format(bar.value)} % terunggah. Jangan menutup halaman ini dahulu.` : "Terunggah; berkas disimpan.";
  });
  const stop = (problem) => {
    bar.remove();
    said.remove();
    button.disabled = false;
    button.innerHTML = words;
    problem.tabIndex = -1;
    form.before(problem);
    problem.focus();
  };
  request.addEventListener("load", () => {
    if (request.status < 400) {
      clean(form);
      location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    stop(page.querySelector(".problem") ?? unsent());
  });
  request.addEventListener("error", () => stop(unsent()));
  request.send(new FormData(form));
}

// A data file that comes in parts (upload.js) is waited for; where it does not come, its own sentence says why.
async function whenArrived(form) {
  const button = form.querySelector("[type=submit]");
  const waits = document.createElement("p");
  waits.className = "help";
  waits.setAttribute("role", "status");
  waits.textContent = "Disimpan begitu berkasnya selesai diunggah.";
  form.append(waits);
  button.disabled = true;
  const arrived = await form.arriving;
  waits.remove();
  button.disabled = false;
  if (arrived) send(form);
  else form.querySelector("[data-parts]").focus();
}

const inParts = document.querySelector("input[data-parts]");
if (inParts) import("./upload.js").then((parts) => parts.inParts(inParts));

// A file dropped on its field is chosen; one that misses every field does not replace the page.
const SHAPEFILE = "Berkas-berkas Shapefile (.shp, .shx, .dbf, .prj) dijadikan satu zip dahulu.";
const OTHERWISE = { xls: "Buka di Excel atau LibreOffice, lalu simpan sebagai XLSX.", shp: SHAPEFILE, shx: SHAPEFILE, dbf: SHAPEFILE, prj: SHAPEFILE };
const dropOf = (target) => target.closest?.(".field")?.querySelector(".drop");

function light(drop) {
  for (const lit of document.querySelectorAll(".drop-over")) if (lit !== drop) lit.classList.remove("drop-over");
  drop?.classList.add("drop-over");
}

// Why what was dropped is not taken; nothing where it is.
function unfit({ files, items }, accept) {
  const folder = Array.from(items).some((item) => item.webkitGetAsEntry?.()?.isDirectory);
  if (folder && files.length < 2) return `“${files[0]?.name}” adalah folder. Seret satu berkas; Shapefile dalam folder dijadikan satu zip dahulu.`;
  if (files.length > 1) return `Anda menyeret ${files.length} berkas, padahal hanya satu yang dapat diunggah. ${SHAPEFILE}`;
  if (!files.length) return "Yang diseret itu bukan berkas. Simpan dahulu di komputer Anda, lalu pilih berkasnya.";
  const [{ name }] = files;
  const kind = name.includes(".") ? name.split(".").pop().toLowerCase() : "";
  if (!accept || accept.split(",").includes(`.${kind}`)) return "";
  return `“${name}” bukan jenis berkas yang diminta di sini. ${OTHERWISE[kind] ?? "Simpan isinya sebagai salah satu jenis yang tertulis di atas, lalu seret lagi."}`;
}

document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  const drop = dropOf(event.target);
  event.preventDefault();
  event.dataTransfer.dropEffect = drop ? "copy" : "none";
  light(drop);
});
document.addEventListener("dragleave", ({ relatedTarget }) => { if (!relatedTarget) light(); });
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  light();
  const drop = dropOf(event.target);
  if (!drop) return;
  const input = drop.querySelector("input");
  const why = unfit(event.dataTransfer, input.accept);
  drop.parentElement.querySelector(".drop-said")?.remove();
  if (why) {
    const said = document.createElement("p");
    said.className = "error drop-said";
    said.setAttribute("role", "alert");
    drop.after(said);
    said.textContent = why;
  } else {
    input.files = event.dataTransfer.files;
    for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
  }
  drop.parentElement.scrollIntoView({ block: "nearest" });
});
document.addEventListener("change", ({ target }) => {
  if (target.matches(".drop input")) target.closest(".field").querySelector(".drop-said")?.remove();
});

function unsent() {
  const problem = document.createElement("div");
  problem.className = "problem";
  problem.setAttribute("role", "alert");
  problem.innerHTML = "<h2>Berkas tidak terunggah</h2><p>Sambungan terputus atau berkasnya terlalu besar. Isian Anda masih ada di bawah; coba unggah lagi.</p>";
  return problem;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-upload]")) {
    event.preventDefault();
    if (form.arriving) whenArrived(form);
    else send(form);
    return;
  }
  // A look at the letter sends nothing.
  if (event.submitter?.formTarget === "_blank") return;
  clean(form);
  // A second press is not a second step.
  setTimeout(() => {
    for (const button of form.querySelectorAll("[type=submit]:enabled")) {
      button.disabled = true;
      button.dataset.sent = "";
    }
  });
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-sent]")) button.disabled = false;
});

const typed = new Set();
const clean = (form) => typed.delete(form);
document.addEventListener("input", ({ target }) => {
  const form = target.closest("form[data-keep], form[data-upload]");
  if (form) typed.add(form);
});
addEventListener("beforeunload", (event) => { if (typed.size) event.preventDefault(); });

// Decisions open one at a time, and close when somebody looks elsewhere.
document.addEventListener("click", ({ target }) => {
  for (const open of document.querySelectorAll("details.decision[open]")) {
    if (!open.contains(target)) open.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.decision[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.("details.decision[open]")) target.querySelector("textarea, input:not([type=hidden]), .decision-form button")?.focus();
}, true);

// Findings: j and k within the list, and what is picked on the map is marked in it.
const list = document.querySelector(".checked .findings-list");
const shown = () => [...list.querySelectorAll(".finding")].filter((one) => one.offsetParent);
function point(one) {
  for (const other of list.querySelectorAll('.finding[aria-current="true"]')) other.removeAttribute("aria-current");
  one.setAttribute("aria-current", "true");
  one.scrollIntoView({ block: "nearest" });
}
list?.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
  const all = shown();
  const now = all.findIndex((one) => one.contains(document.activeElement) || one.getAttribute("aria-current") === "true");
  const next = all[Math.max(0, Math.min(all.length - 1, now + step))];
  if (!next) return;
  event.preventDefault();
  point(next);
  const zoom = next.querySelector("[data-zoom]");
  (zoom ?? next.querySelector("summary, a, button"))?.focus();
  zoom?.click();
});
list?.addEventListener("click", ({ target }) => {
  const one = target.closest("[data-zoom]")?.closest(".finding");
  if (one) point(one);
});
const beside = matchMedia("(width >= 720px)");
document.addEventListener("peta:select", (event) => {
  const { layer, key } = event.detail;
  const one = layer === "findings" && list && document.getElementById(`temuan-${key}`);
  if (!one) return;
  one.closest("details:not(.waive)")?.setAttribute("open", "");
  point(one);
  // The list stands beside the map and says it all; the map's own panel would only take the focus away.
  if (beside.matches) event.preventDefault();
});
