// Times in the reader's zone, and keys: an element with data-key is what its key does.

const when = new Intl.DateTimeFormat(document.documentElement.lang, {
  year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit",
});

export function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const instant = new Date(time.dateTime);
    if (!Number.isNaN(instant.getTime())) {
      time.textContent = when.format(instant);
      time.title = time.dateTime;
    }
  }
}

localTimes(document);

const lines = () => [...document.querySelectorAll("table.list a.line")];

/** Moves the focus along the lines of a list; answers whether there is a list. */
function move(step) {
  const all = lines();
  if (all.length === 0) return false;
  const at = all.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
  return true;
}

// A key that is still held down when the next case appears must not decide it: nobody has seen it yet.
const SEEN_MS = 300;
let shown = performance.now();
/** Notes that somebody sees something new from now on. */
export function hasAppeared() {
  shown = performance.now();
}

addEventListener("pageshow", hasAppeared);
const decides = (target) => target.matches("button") && target.form?.method === "post";
const isUnseen = (event) => event.repeat || performance.now() - shown < SEEN_MS;

const isTyping = (target) => target.matches("input:not([type=hidden]), textarea, select");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const dialog = document.getElementById("keys");
  if (event.key === "?" && dialog) {
    event.preventDefault();
    return dialog.open ? dialog.close() : dialog.showModal();
  }
  if (dialog?.open) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (target) {
    event.preventDefault();
    if (decides(target) && isUnseen(event)) return;
    return target.matches("input, textarea") ? (target.focus(), target.select()) : target.click();
  }
  if ((event.key === "j" && move(1)) || (event.key === "k" && move(-1))) event.preventDefault();
});

// One box ticks all boxes of a name.
document.addEventListener("change", (event) => {
  const name = event.target.dataset.ticks;
  if (!name) return;
  for (const box of document.getElementsByName(name)) box.checked = event.target.checked;
});

// A decision is sent once, however often its key is pressed.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) return event.preventDefault();
  if (event.target.method === "post") event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
