// Unpacks @sparticuz/chromium into the folder named on the command line, with a
// launcher that finds the libraries and fonts of the package beside it.
const { execFileSync } = require("node:child_process");
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { brotliDecompressSync } = require("node:zlib");

const packed = join(__dirname, "node_modules/@sparticuz/chromium/bin");
const target = join(__dirname, process.argv[2]);
mkdirSync(target);

const inflate = (name) => brotliDecompressSync(readFileSync(join(packed, name)));
writeFileSync(join(target, "headless_shell"), inflate("chromium.br"), { mode: 0o755 });
for (const name of ["al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br"]) {
  execFileSync("tar", ["-x", "-C", target], { input: inflate(name) });
}
writeFileSync(
  join(target, "chromium"),
  `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export FONTCONFIG_PATH="$here"
exec "$here/headless_shell" "$@"
`,
  { mode: 0o755 },
);
