/** Style sheet of the support page; light or dark as the reader's system is. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #2b3440; --quiet: #68778a; --line: #dde3ea; --paper: #fff; --ground: #f4f6f9;
  --accent: #3c6fb4; --tint: #e8eff8; --note: #fdf8ea; --good: #23784a; --refused: #9a6200; --bad: #b3352c; }
@media (prefers-color-scheme: dark) { :root { --ink: #dde4ec; --quiet: #93a1b1; --line: #34404d; --paper: #1e262f;
  --ground: #151b22; --accent: #82ade6; --tint: #26374c; --note: #2c2a20; --good: #6bc492; --refused: #dfae57; --bad: #ee8a80; } }
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
.bar { background: var(--paper); border-bottom: 1px solid var(--line); padding: 14px 28px; display: flex; gap: 20px;
  align-items: baseline; flex-wrap: wrap; }
h1 { font-size: 18px; } .bar p, small, .also, dt, .empty { color: var(--quiet); }
main { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 28px; max-width: 1360px; margin: 0 auto;
  padding: 22px 28px 60px; align-items: start; }
@media (max-width: 900px) { main { grid-template-columns: minmax(0, 1fr); padding: 16px; } }
h2 { font-size: 13px; font-weight: 600; color: var(--quiet); margin-bottom: 10px; }
article { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 16px 18px; margin-bottom: 14px; }
article header { display: flex; gap: 12px; } article header div { min-width: 0; flex: 1; }
.initial { flex: none; width: 38px; height: 38px; border-radius: 50%; background: var(--tint); color: var(--accent);
  display: grid; place-items: center; font-weight: 600; }
h3 { font-size: 16px; overflow-wrap: anywhere; } h4 { font-size: 12px; color: var(--quiet); margin: 14px 0 6px; }
small { font-size: 12px; } .also { display: block; font-size: 13px; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 16px; margin-top: 12px; font-size: 13px; }
dd { overflow-wrap: anywhere; }
.notes { list-style: none; padding: 0; } .notes li { background: var(--note); border-radius: 6px; padding: 9px 12px; margin-top: 6px; }
.notes p { overflow-wrap: anywhere; white-space: pre-line; }
table { width: 100%; border-collapse: collapse; background: var(--paper); border: 1px solid var(--line); font-size: 13px; }
td { padding: 7px 10px; border-top: 1px solid var(--line); vertical-align: top; font-variant-numeric: tabular-nums; }
td:last-child { width: 100%; } td small { display: block; overflow-wrap: anywhere; }
code { font: 12px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.good { color: var(--good); } .refused { color: var(--refused); } .bad { color: var(--bad); } .waiting { color: var(--quiet); }
.empty { padding: 18px 0; }
`;
