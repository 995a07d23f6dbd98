'use strict';
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const charts = JSON.parse(document.getElementById('charts').textContent);
  const canDraw = typeof globalThis.zoChart === 'function';
  const colours = {
    text: 'var(--text)', muted: 'var(--muted)', line: 'var(--line)', surface: 'var(--surface)',
    series: Array.from({ length: 8 }, (_, i) => `var(--series-${i + 1})`),
  };

  function save(name, type, content) {
    const link = element('a', { download: name, href: URL.createObjectURL(new Blob([content], { type })) });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // ---- charts

  const nothingBelowZero = (chart, axis) => chart.kind !== 'bars' && chart.series.every(s => s[axis].every(v => v === null || v > 0));

  function svgText(svg) {
    // Outside the page there are no variables: each becomes the colour that it has now.
    const style = getComputedStyle(document.documentElement);
    const probe = element('span');
    document.body.append(probe);
    const text = new XMLSerializer().serializeToString(svg).replace(/var\((--[a-z0-9-]+)\)/g, (whole, name) => {
      if (name === '--plot-background' || style.getPropertyValue(name) === '') return whole;
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    return text;
  }

  function csvText(chart) {
    const cell = value => /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : /^[=+@\t-]/.test(value) ? `'${value}` : value;
    const lines = chart.series.flatMap(s => s.y.map((y, i) => [cell(s.name), s.x[i], y ?? '', s.low?.[i] ?? '', s.high?.[i] ?? ''].join(',')));
    return ['series,x,y,low,high', ...lines, ''].join('\n');
  }

  function mount(figure, chart) {
    const place = figure.querySelector('.plot');
    const state = { hidden: new Set(), logX: chart.x.log, logY: chart.y.log };
    let svg = null, width = 0;

    function draw() {
      svg?.remove();
      width = Math.max(240, Math.floor(place.clientWidth));
      svg = zoChart(chart, { document, width, colours, interactive: true, font: 'inherit', ...state });
      svg.setAttribute('role', 'img');
      svg.setAttribute('aria-label', `${chart.title}: ${chart.y.label} against ${chart.x.label}, of ${chart.series.map(s => s.name).join(', ')}`);
      place.append(svg);
    }

    const bar = element('div', { className: 'tools' });
    if (chart.series.length > 1 && chart.kind !== 'bars') {
      const legend = element('div', { className: 'legend' });
      for (const series of chart.series) {
        const chip = element('button', { type: 'button', className: 'chip' }, element('span', { className: `swatch${series.dashed ? ' dashed' : ''}` }), series.name);
        chip.firstChild.style.setProperty('--colour', colours.series[series.colour % 8]);
        chip.setAttribute('aria-pressed', 'true');
        chip.addEventListener('click', () => {
          const hide = !state.hidden.has(series.name);
          if (hide) state.hidden.add(series.name); else state.hidden.delete(series.name);
          chip.setAttribute('aria-pressed', String(!hide));
          draw();
        });
        legend.append(chip);
      }
      place.before(legend);
    }
    for (const [axis, key] of [['x', 'logX'], ['y', 'logY']]) {
      if (!nothingBelowZero(chart, axis)) continue;
      const box = element('input', { type: 'checkbox', checked: state[key] });
      box.addEventListener('change', () => { state[key] = box.checked; draw(); });
      bar.append(element('label', { className: 'check' }, box, ` log ${axis}`));
    }
    const svgButton = element('button', { type: 'button' }, 'SVG');
    svgButton.setAttribute('aria-label', `Save ${chart.title} as SVG`);
    svgButton.addEventListener('click', () => save(`${chart.id}.svg`, 'image/svg+xml', svgText(svg)));
    const csvButton = element('button', { type: 'button' }, 'CSV');
    csvButton.setAttribute('aria-label', `Save the points of ${chart.title} as CSV`);
    csvButton.addEventListener('click', () => save(`${chart.id}.csv`, 'text/csv', csvText(chart)));
    bar.append(svgButton, csvButton);
    place.after(bar);

    // The pointer's readings by keyboard: arrows move where a mouse would point.
    if (chart.kind !== 'bars') {
      let share = 0;
      place.tabIndex = 0;
      place.setAttribute('role', 'group');
      place.setAttribute('aria-label', `${chart.title}: read with the left and right arrow keys`);
      place.addEventListener('keydown', event => {
        const step = { ArrowRight: 0.02, ArrowLeft: -0.02, Home: -1, End: 1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        share = Math.min(1, Math.max(0, share + step));
        const box = svg.getBoundingClientRect();
        svg.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, pointerType: 'mouse', clientX: box.left + 52 + share * (box.width - 70), clientY: box.top + box.height / 2 }));
      });
      place.addEventListener('blur', () => svg.dispatchEvent(new PointerEvent('pointerleave', { pointerType: 'mouse' })));
    }

    new ResizeObserver(() => { if (Math.abs(place.clientWidth - width) > 1 && place.clientWidth > 0) draw(); }).observe(place);
    draw();
  }

  if (canDraw) all('figure.chart').forEach(figure => mount(figure, charts[figure.dataset.chart]));

  // ---- tables

  for (const table of all('table')) {
    const body = table.tBodies[0];
    const order = [...body.rows];
    const text = cell => cell.textContent;
    all('th .sort', table).forEach((button, column) => button.addEventListener('click', () => {
      const head = button.parentElement;
      const direction = head.getAttribute('aria-sort') === 'ascending' ? 'descending' : head.getAttribute('aria-sort') === 'descending' ? 'none' : 'ascending';
      all('th[aria-sort]', table.tHead).forEach(other => other.removeAttribute('aria-sort'));
      if (direction !== 'none') head.setAttribute('aria-sort', direction);
      const numeric = head.classList.contains('number');
      const sign = direction === 'descending' ? -1 : 1;
      const value = row => row.cells[column].dataset.value === '' ? NaN : Number(row.cells[column].dataset.value);
      const sorted = direction === 'none' ? order : [...order].sort((a, b) => {
        if (!numeric) return sign * text(a.cells[column]).localeCompare(text(b.cells[column]), 'en', { numeric: true });
        const [x, y] = [value(a), value(b)];
        return Number.isNaN(x) || Number.isNaN(y) ? Number.isNaN(x) - Number.isNaN(y) : sign * (x - y);
      });
      body.append(...sorted);
    }));
  }

  // ---- gallery

  const dialog = document.querySelector('dialog');
  let shown = [];
  let opened = 0;

  function open(index) {
    opened = index;
    const item = shown[index];
    const content = [item.querySelector('.pictures').cloneNode(true), item.querySelector('.outcome').cloneNode(true), item.querySelector('dl').cloneNode(true)];
    dialog.querySelector('h2').textContent = [item.dataset.name, item.dataset.group].filter(part => part).join(' · ');
    const body = dialog.querySelector('.body');
    body.replaceChildren(...content);
    dialog.querySelector('.previous').disabled = index === 0;
    dialog.querySelector('.next').disabled = index === shown.length - 1;
    if (!dialog.open) dialog.showModal();
    const trace = charts[item.dataset.trace];
    if (trace && canDraw) {
      const figure = element('figure', { className: 'chart' }, element('h3', {}, trace.title), element('div', { className: 'plot' }));
      body.append(figure);
      mount(figure, trace);
    }
  }

  dialog.querySelector('.close').addEventListener('click', () => dialog.close());
  dialog.querySelector('.previous').addEventListener('click', () => open(opened - 1));
  dialog.querySelector('.next').addEventListener('click', () => open(opened + 1));
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });

  for (const gallery of all('.gallery')) {
    const form = gallery.querySelector('form');
    const list = gallery.querySelector('.items');
    const items = [...list.children];
    const fact = (item, name) => {
      const found = all('[data-fact]', item).find(f => f.dataset.fact === name);
      return !found || found.dataset.value === '' ? NaN : Number(found.dataset.value);
    };

    function arrange() {
      const wanted = Object.fromEntries(new FormData(form));
      const name = (wanted.name ?? '').trim().toLowerCase();
      const kept = items.filter(item => item.dataset.name.toLowerCase().includes(name)
        && (!wanted.group || item.dataset.group === wanted.group) && (!wanted.outcome || item.dataset.outcome === wanted.outcome));
      const sign = wanted.descending ? -1 : 1;
      shown = !wanted.sort ? (wanted.descending ? [...kept].reverse() : kept) : [...kept].sort((a, b) => {
        const [x, y] = [fact(a, wanted.sort), fact(b, wanted.sort)];
        return Number.isNaN(x) || Number.isNaN(y) ? Number.isNaN(x) - Number.isNaN(y) : sign * (x - y);
      });
      list.replaceChildren(...shown);
      form.querySelector('output').textContent = shown.length === items.length ? `${items.length} shown` : `${shown.length} of ${items.length} shown`;
    }

    form.addEventListener('input', arrange);
    form.addEventListener('submit', event => event.preventDefault());
    list.addEventListener('click', event => {
      const item = event.target.closest('li');
      if (item) open(shown.indexOf(item));
    });
    arrange();
  }

  // ---- the rest

  const theme = document.querySelector('button.theme');
  const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const label = () => { theme.textContent = isDark() ? 'Light' : 'Dark'; };
  theme.addEventListener('click', () => { document.documentElement.dataset.theme = isDark() ? 'light' : 'dark'; label(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', label);
  label();

  all('.copy').forEach(button => button.addEventListener('click', async () => {
    const code = button.parentElement.querySelector('code');
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  }));

  all('a[data-content]').forEach(link => link.addEventListener('click', async event => {
    event.preventDefault();
    const packed = Uint8Array.from(atob(document.getElementById(`file-${link.dataset.content}`).textContent), c => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    save(link.download, 'application/octet-stream', await new Response(stream).blob());
  }));
})();
