// Shows how things stand, again and again, unless somebody is about to press something.
import { localTimes } from "/ui/workbench.js";

const EVERY_MS = 5000;
const live = document.getElementById("live");

async function look() {
  if (document.hidden || live.contains(document.activeElement) || live.querySelector("details[open]")) return;
  const answer = await fetch("/flows", { headers: { accept: "text/html" }, redirect: "error" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live");
  if (!fresh) return;
  fresh.querySelector(".notice")?.remove();
  live.replaceChildren(...fresh.children);
  localTimes(live);
}

setInterval(() => look().catch(() => {}), EVERY_MS);
