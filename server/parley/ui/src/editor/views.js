// Draws the answer in the page; without a script the same buttons open the drawing by itself.
import { element, report } from "./page.js";

export function drawInPage(status) {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("#answer button[data-view]");
    if (!button) return;
    event.preventDefault();
    const answer = button.closest("#answer");
    const reply = await fetch(`/sparql/draw?view=${button.dataset.view}`, {
      method: "POST",
      body: new URLSearchParams(new FormData(button.form)),
    }).catch(() => null);
    if (!reply?.ok) {
      const problem = await reply?.json().catch(() => null);
      status.textContent = problem?.detail ?? "The drawing cannot be had now.";
      return;
    }
    const svg = new DOMParser().parseFromString(await reply.text(), "image/svg+xml").documentElement;
    const figure = element("figure", { className: "drawing" });
    figure.append(document.adoptNode(svg));
    answer.querySelector("figure.drawing")?.remove();
    answer.prepend(figure);
    report(answer);
  });
}
