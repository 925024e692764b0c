// Asks Comunica the same query several times, each time as if for the first time, and prints as
// JSON what each took: rows, milliseconds to the first row and to the last, requests, bytes sent.
// Arguments: how often, the query, the addresses of the sources.
import { QueryEngine } from "@comunica/query-sparql";

const [times, query, ...sources] = process.argv.slice(2);
const engine = new QueryEngine();
const found = [];
for (let turn = 0; turn < Number(times); turn++) {
  await engine.invalidateHttpCache();
  const began = performance.now();
  let rows = 0;
  let first = null;
  const given = sources.map((source) => {
    const [, type, value] = /^(?:(\w+)@)?(.*)$/.exec(source);
    return type ? { type, value } : { value };
  });
  let requests = 0;
  let bytes = 0;
  const counted = async (...asked) => {
    requests++;
    const response = await fetch(...asked);
    bytes += Number(response.headers.get("content-length"));
    return response;
  };
  const bindings = await engine.queryBindings(query, { sources: given, fetch: counted });
  for await (const _ of bindings) {
    first ??= performance.now() - began;
    rows++;
  }
  found.push({ rows, first, last: performance.now() - began, requests, bytes });
}
console.log(JSON.stringify(found));
