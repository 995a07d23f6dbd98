// Draws charts as SVG and PNG files, outside a browser: node figures.mjs CHARTS.json FOLDER
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { parseHTML } from './linkedom.mjs';
import { initWasm, Resvg } from './resvg.mjs';

const [, , chartsFile, folder] = process.argv;
const beside = name => new URL(name, import.meta.url);
const colours = {
  text: '#1b1d21', muted: '#5a606b', line: '#e3e5e9', surface: '#ffffff',
  series: ['#0064a8', '#bf4a00', '#007a58', '#a63d7c', '#7a6200', '#5b50c8', '#5d6470', '#7d3c1f'],
};

const { document } = parseHTML('<!DOCTYPE html><html><body></body></html>');
globalThis.document = document;
for (const script of ['d3.min.js', 'plot.umd.min.js', 'charts.js']) {
  runInThisContext(readFileSync(beside(script), 'utf8'), { filename: script });
}

await initWasm(readFileSync(beside('resvg.wasm')));
const font = readFileSync(beside('DejaVuSans.ttf'));
for (const chart of JSON.parse(readFileSync(chartsFile, 'utf8'))) {
  const svg = globalThis.zoChart(chart, { document, width: 640, colours, font: 'Helvetica, Arial, "DejaVu Sans", sans-serif' });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const text = svg.outerHTML;
  writeFileSync(join(folder, `${chart.id}.svg`), `${text}\n`);
  const options = { fitTo: { mode: 'zoom', value: 3 }, background: 'white', font: { fontBuffers: [font], defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' } };
  writeFileSync(join(folder, `${chart.id}.png`), new Resvg(text, options).render().asPng());
}
