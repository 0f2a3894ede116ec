
(() => {
  'use strict';
  const form = document.getElementById('filter');
  if (!form) return;
  const query = document.getElementById('query');
  const operation = document.getElementById('operation');
  const shown = document.getElementById('shown');
  const rows = Array.from(document.getElementById('rows').tBodies[0].rows);
  // A row can stand for many changes: a search shows those of them that it finds.
  const count = (rows) => rows.reduce((sum, row) => sum + Number(row.dataset.count), 0);
  const all = count(rows);
  const changes = (found) => found.toLocaleString('en');
  for (const word of new Set(rows.map((row) => row.dataset.operation))) {
    operation.add(new Option(word, word));
  }
  // Read when it is needed first: a page of thousands of rows has to be there before.
  let texts;
  const read = (row) => {
    const members = Array.from(row.querySelectorAll('.alike > li'));
    const own = members.length ? row.cells[0].textContent + ' ' + row.cells[2].textContent : row.textContent;
    const fold = members.length ? row.querySelector('details') : null;
    return {
      own: own.toLowerCase(), fold, open: fold && fold.open,
      members: members.map((element) => ({ element, text: element.textContent.toLowerCase() })),
    };
  };
  const filter = () => {
    texts ??= rows.map(read);
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (text) => words.every((word) => text.includes(word));
    let found = 0;
    rows.forEach((row, at) => {
      const { own, fold, open, members } = texts[at];
      const asked = !operation.value || row.dataset.operation === operation.value;
      let here = asked && has(own) ? Number(row.dataset.count) : 0;
      if (members.length) {
        here = 0;
        for (const member of members) {
          const fits = asked && has(own + ' ' + member.text);
          if (member.element.hidden === fits) member.element.hidden = !fits;
          here += fits ? 1 : 0;
        }
        fold.open = words.length && here < members.length ? here > 0 : open;
      }
      if (row.hidden === here > 0) row.hidden = !here;
      found += here;
    });
    shown.textContent = changes(found) + ' of ' + changes(all) + ' changes';
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
  shown.textContent = changes(all) + ' changes';
})();
