import type { JsonObject } from "../protocol/message";
import type { History, HistoryQuery } from "./history";

/** Answers a `history_request`: entries `[session, line, input]`, or `[session, line, [input, output]]`. */
export function historyReply(history: History, content: JsonObject): object {
  const entries = history.query(parseQuery(content));
  const withOutput = content.output === true;
  return {
    status: "ok",
    history: entries.map(({ session, line, source, output = null }) => [
      session,
      line,
      withOutput ? [source, output] : source,
    ]),
  };
}

function parseQuery(content: JsonObject): HistoryQuery {
  const number = (name: string): number | undefined => {
    const value = content[name];
    return typeof value === "number" && Number.isInteger(value) ? value : undefined;
  };
  switch (content.hist_access_type) {
    case "range":
      return { access: "range", session: number("session") ?? 0, start: number("start") ?? 1, stop: number("stop") };
    case "search": {
      const pattern = typeof content.pattern === "string" ? content.pattern : "*";
      return { access: "search", pattern, count: number("n"), unique: content.unique === true };
    }
    default:
      return { access: "tail", count: Math.max(number("n") ?? 10, 0) };
  }
}
