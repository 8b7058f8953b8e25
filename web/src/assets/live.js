// Shows a page again whenever the hub says that something has changed, unless somebody is about to press something.
import { localTimes } from "/ui/workbench.js";

const live = document.getElementById("live");
const isBusy = () => live.contains(document.activeElement) || live.querySelector("details[open]");
let source = null;
let isLooking = false;

async function look() {
  if (isLooking || isBusy()) return;
  isLooking = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
    const page = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page && page.getElementById("live");
    if (!fresh || isBusy()) return;
    fresh.querySelector(".notice")?.remove();
    live.replaceChildren(...fresh.children);
    localTimes(live);
  } finally {
    isLooking = false;
  }
}

// Only the tab that is looked at listens: a browser has few connections for one address.
function listen() {
  source?.close();
  source = null;
  if (document.hidden) return;
  source = new EventSource("/live");
  source.addEventListener("change", () => look().catch(() => {}));
}

document.addEventListener("visibilitychange", listen);
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", listen);
