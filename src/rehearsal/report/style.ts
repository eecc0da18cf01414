/** The page's look, in light and dark. */
export const style = `
:root { color-scheme: light dark; --ink: #1f2328; --paper: #fff; --soft: #f6f8fa; --rule: #d1d9e0; --muted: #59636e;
  --pass: #1a7f37; --fail: #cf222e; --gap: #9a6700; --stable: #0969da; --candidate: #bc4c00; --weight: #8250df; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f6fc; --paper: #0d1117; --soft: #151b23; --rule: #3d444d;
  --muted: #9198a1; --pass: #3fb950; --fail: #f85149; --gap: #d29922; --stable: #4493f8; --candidate: #db6d28; --weight: #ab7df8; } }
* { box-sizing: border-box } body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 28px 24px 60px } h1 { margin: 0 0 4px; font-size: 26px }
h2 { margin: 36px 0 12px; font-size: 18px; border-bottom: 1px solid var(--rule); padding-bottom: 6px }
.muted { color: var(--muted) } code, pre { font: 12.5px/1.45 ui-monospace, monospace }
.verdict { display: inline-block; min-width: 92px; padding: 1px 10px; border-radius: 20px; text-align: center; color: #fff; font-weight: 600; font-size: 13px }
.verdict.pass, .verdict.success { background: var(--pass) } .verdict.fail, .verdict.failure { background: var(--fail) }
.verdict.inconclusive, .verdict.cancelled { background: var(--gap) }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin: 20px 0 }
.facts div { background: var(--soft); border: 1px solid var(--rule); border-radius: 8px; padding: 10px 14px }
.facts b { display: block; font-size: 18px; overflow-wrap: anywhere } .facts span { color: var(--muted); font-size: 13px }
svg { width: 100%; height: auto; display: block } svg text { fill: var(--ink); font: 13px system-ui, sans-serif }
svg text.small, svg text.tick { fill: var(--muted); font-size: 11.5px }
.graph { background: var(--soft); border: 1px solid var(--rule); border-radius: 8px; padding: 16px }
.edge { fill: none; stroke: var(--muted); stroke-width: 1.2 } .job rect { fill: var(--paper); stroke: var(--rule); stroke-width: 1.5 }
.job.success rect { stroke: var(--pass) } .job.failure rect { stroke: var(--fail); stroke-width: 2.5 } .job.cancelled rect { stroke: var(--gap) }
.job.skipped text { fill: var(--muted) } .job.skipped rect { stroke-dasharray: 4 4 }
figure { margin: 14px 0 22px } figcaption { margin-bottom: 4px; font-weight: 600; font-size: 14px }
.key { margin-left: 14px; font-weight: 400; font-size: 13px } .key::before { content: ""; display: inline-block; width: 18px; height: 3px; margin: 0 6px 3px 0; background: currentColor }
.key.stable { color: var(--stable) } .key.candidate { color: var(--candidate) } .key.weight { color: var(--weight) } .key.error { color: var(--fail) }
.line { fill: none; stroke-width: 1.8 } .line.stable { stroke: var(--stable) } .line.candidate { stroke: var(--candidate) }
.line.weight { stroke: var(--weight) } .line.error { stroke: var(--fail) } .line.limit { stroke: var(--muted); stroke-dasharray: 5 4 } .grid { stroke: var(--rule); stroke-width: .7 }
.gate { border: 1px solid var(--rule); border-radius: 8px; padding: 8px 12px; margin: 8px 0 } .gate summary { cursor: pointer } .gate ul { margin: 6px 0 2px 100px }
pre { overflow: auto; max-height: 420px; background: var(--soft); padding: 12px; border-radius: 6px }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: 5px 10px; border-bottom: 1px solid var(--rule) } th { color: var(--muted); font-weight: 500 }
.differs { border-left: 4px solid var(--fail); background: var(--soft); padding: 8px 14px }
.sentence { grid-column: 1 / -1; margin: 14px 0 0; font-weight: 600 }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(460px, 1fr)); gap: 0 28px }
`;
