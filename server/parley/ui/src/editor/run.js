// Asks the server and takes the part with the answer out of the page it sends.
import { element, post } from "./page.js";

export async function run(text, version, signal) {
  const reply = await post("/sparql", text, version, { headers: { Accept: "text/html" }, signal });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const section = document.adoptNode(page.querySelector("#answer") ?? failure(page));
  return {
    ok: reply.ok,
    section,
    rows: section.dataset.rows ?? "",
    version: reply.headers.get("X-Parley-Version") ?? "",
  };
}

function failure(page) {
  const section = element("section", { id: "answer", ariaLabel: "Answer" });
  const parts = page.querySelectorAll("main > :not(h1)");
  const title = page.querySelector("h1")?.textContent ?? "The server did not answer as it should.";
  section.append(element("h2", { textContent: title }), ...parts);
  return section;
}
