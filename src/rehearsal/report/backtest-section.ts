import { at, listAt, numberAt, textAt } from "../../core/json.ts";
import type { Evidence } from "../../domain/evidence/evidence.ts";
import { escapeHtml } from "./escape-html.ts";

/** What a backtest found: false fails, each regression, and the plan it suggests. */
export function backtestSection({ details, reasons }: Evidence): string {
  const failing = at(details, "falseFails");
  const share = percent(numberAt(failing, "share"));
  const interval = `${percent(numberAt(failing, "interval", "low"))} to ${percent(numberAt(failing, "interval", "high"))}`;
  const promised = percent(numberAt(failing, "promised"));
  const stopped = `${numberAt(failing, "stopped") ?? 0} of ${numberAt(failing, "releases") ?? 0}`;
  const said = reasons.map((reason) => `<p class="sentence">${escapeHtml(reason)}</p>`).join("");
  const rows = listAt(details, "regressions").map(regressionRow).join("");
  const plan = textAt(details, "suggestion", "inputs") ?? "";
  return `${said}<p class="sentence">${stopped} releases of equal versions were stopped: ${share} (${interval}), promised are at most ${promised}</p>
<table><thead><tr><th>metric</th><th>regression</th><th></th><th>stopped</th><th>passed</th><th>median minutes</th><th>90 % within</th></tr></thead><tbody>${rows}</tbody></table>
<p class="muted">Suggested for this traffic:</p><pre>${escapeHtml(plan)}</pre>`;
}

function regressionRow(one: unknown): string {
  const ratio = numberAt(one, "ratio") ?? 1;
  const worse =
    textAt(one, "kind") === "errors"
      ? `${ratio} times the errors`
      : `+${Math.round((ratio - 1) * 100)} % latency`;
  const releases = numberAt(one, "releases") ?? 0;
  const shareOf = (key: string) => percent((numberAt(one, key) ?? 0) / releases);
  const cells = [
    textAt(one, "metric") ?? "",
    worse,
    textAt(one, "finding") ?? "",
    shareOf("stopped"),
    shareOf("passed"),
    String(numberAt(one, "medianMinutes") ?? "-"),
    String(numberAt(one, "ninetyMinutes") ?? "-"),
  ];
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
}

function percent(share: number | undefined): string {
  return share === undefined || !Number.isFinite(share) ? "-" : `${Number((share * 100).toPrecision(2))} %`;
}
