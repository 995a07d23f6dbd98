'use strict';
// Draws a chart of a report with Observable Plot, as an SVG element: for the page and, through figures.mjs, for figure files.
// chart: what ChartJson writes. options: document, width, colours (of the text, lines and series), hidden (names of series),
// logX and logY, interactive.
globalThis.zoChart = (() => {
  const numeral = digits => value => value === 0 ? '0'
    : Math.abs(value) >= 1e7 || Math.abs(value) < 1e-3 ? value.toExponential(1).replace('.0e', 'e')
    : value.toLocaleString('en-US', { maximumSignificantDigits: Math.abs(value) >= 1000 ? 7 : digits });
  const number = numeral(3);
  // Ticks may lie close to each other, far from zero.
  const tickNumber = numeral(6);

  const dashes = ['none', 'none', 'none', 'none', '6 2', '6 2', '6 2', '6 2', '2 2'];
  const colourOf = (series, colours) => colours.series[series.colour % colours.series.length];
  const dashOf = series => series.dashed ? '4 3' : dashes[Math.min(series.colour, dashes.length - 1)];

  // Powers of ten, and what lies between where there are few of them.
  function logTicks(low, high) {
    const decades = Math.log10(high / low);
    const factors = decades <= 1.2 ? [1, 2, 3, 5] : decades <= 3 ? [1, 3] : [1];
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      for (const factor of factors) {
        const tick = factor * 10 ** power;
        if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(Number(tick.toPrecision(1)));
      }
    }
    return ticks;
  }

  function points(series, logX, logY) {
    const all = series.x.map((x, i) => ({ x, y: series.y[i], low: series.low?.[i] ?? null, high: series.high?.[i] ?? null }));
    return all.filter(p => p.x !== null && p.y !== null && (!logX || p.x > 0) && (!logY || p.y > 0));
  }

  // One line per series, at the last of its points up to x.
  function readings(series, xs, label) {
    return xs.map(x => ({
      x,
      text: [`${label}  ${number(x)}`, ...series.flatMap(s => {
        const at = d3.bisectRight(s.points.map(p => p.x), x) - 1;
        if (at < 0) return [];
        const p = s.points[at];
        const band = p.low === null || p.high === null ? '' : `  (${number(p.low)} … ${number(p.high)})`;
        return [`${s.name}  ${number(p.y)}${band}`];
      })].join('\n'),
    }));
  }

  // The names of the series in rows below the top edge: a figure file has no page around it that would tell them.
  function legend(chart, series, { width, colours }) {
    const gap = 40, rowHeight = 18;
    let left = 0, row = 0;
    const entries = series.map(s => {
      const need = gap + s.name.length * 8;
      if (left > 0 && left + need > width - 70) {
        left = 0;
        row++;
      }
      const entry = { name: s.name, left, row, stroke: colourOf(s, colours), dash: dashOf(s) };
      left += need;
      return entry;
    });
    return { rows: series.length === 0 ? 0 : row + 1, entries, rowHeight };
  }

  function drawLegend(svg, { entries, rowHeight }, { document, colours }, left) {
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    group.setAttribute('text-anchor', 'start');
    for (const entry of entries) {
      // Below the vertical axis' label, which stands at the very top.
      const y = 32 + entry.row * rowHeight;
      const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
      const at = { x1: left + entry.left, x2: left + entry.left + 20, y1: y - 4, y2: y - 4, stroke: entry.stroke, 'stroke-width': 2.5, 'stroke-dasharray': entry.dash };
      Object.entries(at).forEach(([name, value]) => line.setAttribute(name, value));
      const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
      Object.entries({ x: left + entry.left + 26, y, fill: colours.text }).forEach(([name, value]) => text.setAttribute(name, value));
      text.textContent = entry.name;
      group.append(line, text);
    }
    svg.append(group);
  }

  function bars(series, options) {
    const { colours } = options;
    const data = series.flatMap(s => s.y.map((y, i) => ({ name: s.name, x1: s.x[i], x2: s.x[i + 1], y })));
    const facet = series.length > 1 ? { fy: 'name' } : {};
    const ticks = series.length > 1 ? 2 : 4;
    const marks = [
      Plot.gridY({ ticks, stroke: colours.line, strokeOpacity: 1 }),
      Plot.ruleY([0], { stroke: colours.muted }),
      ...series.map(s => Plot.rectY(data.filter(d => d.name === s.name && d.y > 0), { ...facet, x1: 'x1', x2: 'x2', y: 'y', fill: colourOf(s, colours), inset: 0.5, ...(options.interactive ? { tip: { fill: colours.surface, stroke: colours.line, textPadding: 8, format: { x1: number, x2: number, fy: false } } } : {}) })),
      Plot.axisX({ anchor: 'bottom', labelAnchor: 'center', labelArrow: 'none', tickSize: 0, tickFormat: tickNumber, fill: colours.muted }),
      Plot.axisY({ labelArrow: 'none', ticks, tickSize: 0, fill: colours.muted }),
    ];
    if (series.length > 1) marks.push(Plot.text(series, { fy: 'name', text: 'name', frameAnchor: 'top-right', dx: -4, dy: 2, fill: colours.text }));
    return { marks, extra: series.length > 1 ? { fy: { axis: null, domain: series.map(s => s.name), padding: 0.18 } } : {} };
  }

  function lines(chart, series, options, logX, logY) {
    const { colours } = options;
    const curve = chart.kind === 'step' ? 'step-after' : 'linear';
    const drawn = series.map(s => ({ ...s, points: points(s, logX, logY) }));
    const ys = drawn.flatMap(s => s.points.map(p => p.y));
    const floor = logY ? d3.min(ys) * 0.7 : -Infinity;
    const xs = drawn.flatMap(s => s.points.map(p => p.x));
    const yTicks = logY && ys.length ? logTicks(d3.min(ys), d3.max(ys)) : 5;
    const place = logX ? Math.log : x => x;
    const isLate = x => (place(x) - place(d3.min(xs))) / (place(d3.max(xs)) - place(d3.min(xs))) > 0.75;
    const marks = [
      Plot.gridY({ ticks: yTicks, stroke: colours.line, strokeOpacity: 1 }),
      ...drawn.filter(s => s.low).map(s => Plot.areaY(s.points.filter(p => p.low !== null && p.high !== null), { x: 'x', y1: p => Math.max(p.low, floor), y2: p => Math.max(p.high, floor), curve, fill: colourOf(s, colours), fillOpacity: 0.13 })),
      ...chart.rules.flatMap(rule => [
        Plot.ruleX([rule], { x: 'x', stroke: colours.muted, strokeDasharray: '3 3' }),
        Plot.text([rule], { x: 'x', text: 'label', frameAnchor: 'top', dy: 2, dx: isLate(rule.x) ? -5 : 5, textAnchor: isLate(rule.x) ? 'end' : 'start', fill: colours.muted }),
      ]),
      ...drawn.map(s => Plot.lineY(s.points, { x: 'x', y: 'y', curve, stroke: colourOf(s, colours), strokeWidth: 2, strokeDasharray: dashOf(s) })),
      ...drawn.filter(s => chart.kind === 'dots' || s.points.length === 1).map(s => Plot.dot(s.points, { x: 'x', y: 'y', r: 3, fill: colourOf(s, colours) })),
      Plot.axisX({ labelAnchor: 'center', labelArrow: 'none', tickSize: 4, fill: colours.muted, stroke: colours.muted, tickFormat: tickNumber, ...(logX && xs.length ? { ticks: logTicks(d3.min(xs), d3.max(xs)) } : options.width < 480 ? { ticks: 5 } : {}) }),
      Plot.axisY({ labelArrow: 'none', tickSize: 0, fill: colours.muted, tickFormat: tickNumber, ticks: yTicks }),
    ];
    if (options.interactive && xs.length) {
      const rows = readings(drawn, [...new Set(xs)].sort(d3.ascending), chart.x.label);
      marks.push(
        Plot.ruleX(rows, Plot.pointerX({ x: 'x', stroke: colours.muted, maxRadius: Infinity })),
        Plot.tip(rows, Plot.pointerX({ x: 'x', title: 'text', frameAnchor: 'top', anchor: 'top-left', fill: colours.surface, stroke: colours.line, textPadding: 10, lineWidth: 40, lineHeight: 1.35, maxRadius: Infinity, preferredAnchor: 'top-left' })));
    }
    return { marks, extra: {} };
  }

  return (chart, options) => {
    const { document, width, colours, hidden } = options;
    const logX = options.logX ?? chart.x.log;
    const logY = options.logY ?? chart.y.log;
    const series = chart.series.filter(s => !hidden?.has(s.name));
    const names = options.interactive || chart.kind === 'bars' ? { rows: 0 } : legend(chart, series, options);
    const isBars = chart.kind === 'bars';
    const { marks, extra } = isBars ? bars(series, options) : lines(chart, series, options, logX, logY);
    const marginLeft = 52;
    const svg = Plot.plot({
      document, width,
      height: isBars && series.length > 1 ? 70 + 64 * series.length : Math.round(Math.min(340, Math.max(240, width * 0.62))) + (names.rows * 18),
      marginLeft, marginRight: 18, marginTop: 28 + names.rows * 18, marginBottom: 44,
      style: { fontSize: '12px', fontFamily: options.font, background: 'none', color: colours.text, overflow: 'visible' },
      x: { label: chart.x.label, type: logX && !isBars ? 'log' : 'linear' },
      y: { label: chart.y.label, type: logY && !isBars ? 'log' : 'linear', nice: !logY },
      ariaLabel: chart.title,
      ...extra,
      marks,
    });
    if (names.rows > 0) drawLegend(svg, names, options, marginLeft);
    return svg;
  };
})();
