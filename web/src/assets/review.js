// Values picked for the golden record that would result, shown at once and sent with the decision; and the next case in the
// place of this one, without loading what stays the same.
import { hasAppeared, localTimes } from "/ui/workbench.js";

const decide = () => document.getElementById("decide");

function show(row, button) {
  const result = row.querySelector("td.result");
  result.dataset.own ??= result.innerHTML;
  const picked = button && [...button.children].map((value) => {
    const copy = document.createElement("div");
    copy.textContent = value.textContent;
    return copy;
  });
  if (picked) result.replaceChildren(...picked);
  else result.innerHTML = result.dataset.own;
}

function remember(attribute, record) {
  const name = `pick.${attribute}`;
  decide().querySelector(`input[name="${name}"]`)?.remove();
  if (record === null) return;
  const input = Object.assign(document.createElement("input"), { type: "hidden", name, value: record });
  decide().append(input);
}

function pick(button) {
  const row = button.closest("tr");
  const chosen = button.getAttribute("aria-pressed") !== "true";
  for (const other of row.querySelectorAll("button.pick")) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(chosen));
  show(row, chosen ? button : null);
  remember(row.dataset.attribute, chosen ? button.dataset.record : null);
}

const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

/** Puts an answer in the place of this page; answers whether it is one that can stand there. */
function swap(answer, page) {
  const fresh = page.getElementById("decide") && page.getElementById("content");
  if (!fresh) return false;
  document.getElementById("content").replaceWith(fresh);
  document.title = page.title;
  history.pushState(null, "", answer.url);
  localTimes(fresh);
  scrollTo(0, 0);
  hasAppeared();
  return true;
}

const asked = { headers: { accept: "text/html" }, credentials: "same-origin" };

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.pick");
  if (button) return pick(button);
  const link = event.target.closest("a[data-key=j], a[data-key=k]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const answer = await fetch(link.href, asked).catch(() => null);
  if (!answer || !swap(answer, await read(answer))) location.assign(link.href);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || !form.querySelector("input[name=query]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const answer = await fetch(form.action, { ...asked, method: "post", body }).catch(() => null);
  const page = answer && (await read(answer));
  if (page && swap(answer, page)) return;
  if (answer?.ok) return location.assign(answer.url);
  delete form.dataset.sent;
  // Whoever has to sign in again is asked by a page of its own, which keeps what was sent.
  if (answer?.status === 401) return HTMLFormElement.prototype.submit.call(withSubmitter(form, event.submitter));
  tell(page?.querySelector(".empty p")?.textContent ?? decide().dataset.failed);
});

/** Says what went wrong above what was typed, which stays. */
function tell(text) {
  const told = document.querySelector("p.problem") ?? document.createElement("p");
  Object.assign(told, { className: "problem", role: "alert", textContent: text });
  decide().before(told);
}

/** The form with what its pressed button says, which sending by script leaves out. */
function withSubmitter(form, button) {
  if (button?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
  return form;
}

addEventListener("popstate", () => location.reload());
