// A data file goes to the server in parts as soon as it is chosen, goes on after a break where it was, and is compared
// with what has come. The form then names the upload instead of carrying the file. Without this the form carries it.

import "./vendor/tus/tus.min.js";

const PART = 8 * 2 ** 20;
const GOING = "Sedang diunggah. Isilah yang lain sambil menunggu.";
const number = new Intl.NumberFormat("id-ID", { maximumFractionDigits: 1 });
const size = (bytes) => (bytes < 1e6 ? `${number.format(bytes / 1e3)} kB` : `${number.format(bytes / 1e6)} MB`);

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// The hash as this browser has it; nothing where it has no such worker.
function hashed(file) {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./hash.js", import.meta.url), { type: "module" });
    const end = (value) => { worker.terminate(); resolve(value); };
    worker.addEventListener("message", ({ data }) => end(data));
    worker.addEventListener("error", () => end(""));
    worker.postMessage(file);
  });
}

// What the server says of a refusal.
function sentence(fault) {
  try {
    const { detail, mend } = JSON.parse(fault.originalResponse.getBody());
    return `${detail} ${mend ?? ""}`;
  } catch {
    return "";
  }
}

export function inParts(input) {
  const { form, name } = input;
  const token = form.elements.csrf_token.value;
  const headers = { "X-CSRFToken": token };
  const id = element("input", "", { type: "hidden", name: "upload" });
  let current;

  input.addEventListener("change", () => {
    current?.end();
    id.remove();
    input.name = name;
    form.arriving = undefined;
    if (input.files.length) current = begin(input.files[0]);
  });

  function begin(file) {
    const group = element("div", "", { class: "arriving", role: "group", "aria-label": `Unggahan ${file.name}` });
    const bar = element("progress", "", { max: file.size, value: 0, "aria-label": "Yang sudah terunggah" });
    const amount = element("p", "", { class: "help" });
    const said = element("p", "", { role: "status" });
    const pause = element("button", "Jeda", { type: "button", class: "small" });
    const cancel = element("button", "Batalkan unggahan", { type: "button", class: "small plain" });
    const buttons = element("p", "", { class: "row" });
    buttons.append(pause, cancel);
    group.append(bar, amount, said, buttons);
    (input.closest(".drop") ?? input).after(group);

    const own = hashed(file);
    let settle;
    form.arriving = new Promise((resolve) => { settle = resolve; });
    let moving = false;
    const tell = (sentence, wrong = false) => {
      said.textContent = sentence;
      said.classList.toggle("error", wrong);
    };
    const show = (sent) => {
      bar.value = sent;
      amount.textContent = `${size(sent)} dari ${size(file.size)} (${Math.floor((100 * sent) / file.size)} %)`;
    };
    const stand = (going, sentence, wrong) => {
      moving = going;
      pause.textContent = going ? "Jeda" : "Lanjutkan";
      tell(sentence, wrong);
    };

    const upload = new tus.Upload(file, {
      endpoint: "/api/v1/uploads",
      chunkSize: PART,
      headers,
      metadata: { filename: file.name },
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
      onProgress: show,
      onChunkComplete: () => { if (said.classList.contains("error")) tell(GOING); },
      onShouldRetry(fault) {
        const status = fault.originalResponse?.getStatus() ?? 0;
        // What was still under way when the connection broke has come after all: it goes on from there.
        if (status === 409) return true;
        if (status >= 400 && (status < 500 || sentence(fault))) return false;
        tell("Sambungan terputus. Dicoba lagi sebentar; yang sudah terunggah tersimpan.", true);
        return true;
      },
      onSuccess: done,
      onError(fault) {
        const status = fault.originalResponse?.getStatus() ?? 0;
        if (status >= 400 && status < 500) refuse(sentence(fault) || "Berkas ini ditolak server.");
        else stand(false, sentence(fault) || "Sambungan terputus. Yang sudah terunggah tersimpan; unggahan dilanjutkan begitu tersambung lagi, atau tekan Lanjutkan.", true);
      },
    });

    function go() {
      stand(true, GOING);
      upload.start();
    }
    function end() {
      if (buttons.contains(document.activeElement)) input.focus();
      for (const part of [bar, buttons]) part.remove();
    }
    function refuse(why) {
      end();
      tell(why, true);
      settle(false);
    }
    async function done() {
      end();
      tell("Terunggah. Berkas dibandingkan dengan yang ada di komputer Anda…");
      const answer = await fetch(upload.url);
      if (!answer.ok) return refuse("Server tidak menjawab. Pilih berkasnya sekali lagi; yang sudah terunggah tidak diulang.");
      const { id: key, sha256 } = await answer.json();
      const expected = await own;
      if (expected && expected !== sha256) {
        upload.abort(true);
        return refuse("Berkas berubah di jalan atau sedang disunting, jadi tidak dipakai. Simpan dan tutup berkasnya, lalu pilih sekali lagi.");
      }
      tell(expected ? "Terunggah lengkap: isinya sama dengan berkas di komputer Anda." : "Terunggah lengkap.");
      const hash = element("p", "SHA-256 ", { class: "help" });
      hash.append(element("code", sha256, { class: "hash" }));
      group.append(hash);
      id.value = key;
      form.append(id);
      input.removeAttribute("name");
      settle(true);
    }

    const online = () => { if (!moving && said.classList.contains("error") && buttons.isConnected) go(); };
    addEventListener("online", online);
    pause.addEventListener("click", () => {
      if (!moving) { go(); return; }
      upload.abort();
      stand(false, "Dijeda. Yang sudah terunggah tersimpan dua hari.");
    });
    cancel.addEventListener("click", () => {
      upload.abort(true).catch(() => {});
      input.value = "";
      input.dispatchEvent(new Event("change"));
      input.focus();
    });
    upload.findPreviousUploads().then((earlier) => {
      if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
      go();
    });
    show(0);
    return {
      end() {
        removeEventListener("online", online);
        upload.abort();
        group.remove();
        settle(false);
      },
    };
  }
}
