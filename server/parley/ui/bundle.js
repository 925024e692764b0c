// Bundles the islands: node bundle.js FOLDER. Each file of src/ becomes one script whose name holds
// a hash of what is in it, beside copies compressed for browsers that take them. manifest.json maps
// the plain names to these; outline.json has the countries for maps, Natural Earth's at 1:50 million,
// in the public domain; licenses.txt repeats the licences of every package that went in.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const [out] = process.argv.slice(2);
const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const entries = readdirSync(join(here, "src")).filter((name) => name.endsWith(".js"));

const { metafile, outputFiles } = await build({
  entryPoints: entries.map((name) => join(here, "src", name)),
  absWorkingDir: here,
  bundle: true,
  entryNames: "[name]-[hash]",
  format: "iife",
  legalComments: "none",
  metafile: true,
  minify: true,
  outdir: out,
  target: "es2022",
  write: false,
});

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const scripts = {};
for (const { path, contents } of outputFiles) {
  const name = basename(path);
  scripts[name.replace(/-[^-]*\.js$/, ".js")] = name;
  writeFileSync(join(out, name), contents);
  writeFileSync(join(out, name + ".br"), brotliCompressSync(contents));
  writeFileSync(join(out, name + ".gz"), gzipSync(contents, { level: 9 }));
}
writeFileSync(join(out, "manifest.json"), JSON.stringify(scripts, null, 1) + "\n");

copyFileSync(join(here, "node_modules/world-atlas/countries-50m.json"), join(out, "outline.json"));

const packages = new Set(["world-atlas"]);
for (const path of Object.keys(metafile.inputs)) {
  const found = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (found) packages.add(found[1]);
}
const licences = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : "";
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
});
writeFileSync(join(out, "licenses.txt"), licences.join("\n" + "-".repeat(72) + "\n\n"));
