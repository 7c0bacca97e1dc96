/** Style of the report page; light and dark follow the system. */
export const PAGE_CSS = `
:root { color-scheme: light dark; --paper: #fbfbfa; --card: #ffffff; --ink: #1c1e21; --quiet: #62676e; --line: #dcdfe3;
  --product: #c2410c; --target: #2563a8; --band: #f6c45333; --pp: #f0b429; --sound: #e8ebef; --good: #1a7f4b; --bad: #c0262d; }
@media (prefers-color-scheme: dark) { :root { --paper: #14161a; --card: #1c1f25; --ink: #e8eaed; --quiet: #9aa2ad; --line: #333841;
  --product: #ff9d5c; --target: #74aef0; --band: #f6c45326; --pp: #a97412; --sound: #2b3038; --good: #58c98a; --bad: #ff7b7b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 10px; } h3 { font-size: 15px; margin: 0; }
p { margin: 4px 0 10px; max-width: 80ch; } .quiet { color: var(--quiet); font-weight: normal; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; background: var(--card); font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 6px 12px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; } th { color: var(--quiet); font-weight: 600; font-size: 13px; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 22px; padding: 0; margin: 6px 0 14px; list-style: none; color: var(--quiet); }
.legend i { display: inline-block; width: 22px; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: 6px; }
.legend .block { height: 12px; border: 0; background: var(--pp); }
.card, .sentence { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; margin: 0 0 16px; }
.strip { overflow-x: auto; padding-bottom: 6px; } .strip:focus-visible { outline: 2px solid var(--target); }
svg { display: block; } .film { display: flex; } figure { margin: 0; flex: none; }
figure img { display: block; } figcaption { font-size: 11px; color: var(--quiet); text-align: center; } figcaption b { color: var(--ink); }
.pairs { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 8px; } .pairing img { display: inline-block; width: 110px; height: 110px; }
.grid { stroke: var(--line); } .base { stroke: var(--line); } .closure { fill: var(--band); }
.target { fill: none; stroke: var(--target); stroke-width: 2; } .product { fill: none; stroke: var(--product); stroke-width: 1.8; }
.phoneme { fill: var(--sound); stroke: var(--card); } .phoneme.pp { fill: var(--pp); } .phoneme.sil { fill: none; }
svg text { fill: var(--quiet); font: 11px system-ui, sans-serif; } svg .sound { fill: var(--ink); text-anchor: middle; }
svg .name { fill: var(--ink); font-weight: 600; } .zero { stroke: var(--quiet); stroke-dasharray: 3 3; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 480px)); gap: 16px; }
`;
