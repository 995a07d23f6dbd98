// Gathers the licences of the packages in node_modules: all.txt for what is in the assembly, page.txt for what is in every report.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

const modules = new URL('node_modules/', import.meta.url);
const packageOf = name => JSON.parse(readFileSync(new URL(`${name}/package.json`, modules), 'utf8'));

function closure(roots) {
  const found = new Set();
  const visit = name => {
    // A package that only brings a command line or another operating system along may be absent.
    if (found.has(name) || !existsSync(new URL(`${name}/package.json`, modules))) return;
    found.add(name);
    Object.keys(packageOf(name).dependencies ?? {}).forEach(visit);
  };
  roots.forEach(visit);
  return [...found].sort();
}

function textOf(name) {
  const file = readdirSync(new URL(`${name}/`, modules)).find(entry => /^licen[cs]e/i.test(entry));
  const { license, homepage, repository } = packageOf(name);
  return file
    ? readFileSync(new URL(`${name}/${file}`, modules), 'utf8').trim()
    : `Licensed under ${license}. Its source: ${homepage ?? repository?.url ?? repository}`;
}

// Many packages share one text: it stands once, below all their names.
function write(file, names) {
  const byText = new Map();
  for (const name of names) {
    const text = textOf(name);
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${packageOf(name).version}`]);
  }

  mkdirSync(new URL('.licences/', modules), { recursive: true });
  writeFileSync(new URL(`.licences/${file}`, modules), [...byText].map(([text, owners]) => `${owners.join(', ')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`));
}

write('page.txt', closure(['d3', '@observablehq/plot']));
write('all.txt', closure(Object.keys(JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).dependencies)));
