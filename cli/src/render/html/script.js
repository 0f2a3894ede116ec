
(() => {
  'use strict';
  const form = document.getElementById('filter');
  if (!form) return;
  const query = document.getElementById('query');
  const operation = document.getElementById('operation');
  const shown = document.getElementById('shown');
  const rows = Array.from(document.getElementById('rows').tBodies[0].rows);
  const said = (row) => row.cells[0].textContent;
  for (const word of new Set(rows.map(said))) {
    operation.add(new Option(word, word));
  }
  // Read when it is needed first: a page of thousands of rows has to be there before.
  let texts;
  const filter = () => {
    texts ??= rows.map((row) => row.textContent.toLowerCase());
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, at) => {
      const fits = (!operation.value || said(row) === operation.value) && words.every((word) => texts[at].includes(word));
      if (row.hidden === fits) row.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = count.toLocaleString('en') + ' of ' + rows.length.toLocaleString('en') + ' changes';
  };
  query.addEventListener('input', filter);
  operation.addEventListener('change', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof Element && event.target.matches('input, select');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      query.focus();
    } else if (event.key === 'Escape' && event.target === query) {
      query.value = '';
      filter();
    }
  });
  form.hidden = false;
  shown.textContent = rows.length.toLocaleString('en') + ' changes';
})();
