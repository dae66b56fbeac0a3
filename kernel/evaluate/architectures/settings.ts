/** The numbers of a config.json, each checked as it is read. What an architecture never asked for is refused at the end, unless it changes
 *  nothing: a setting without effect would give the answers of another network. */
import { OptionError, UnsupportedError } from "../../errors";
import { isNeutral } from "../../llama-cpp/known-settings";

/** One reading of a config.json. */
export class Settings {
  private readonly asked = new Set<string>();

  /** `family`: the network's kind, for errors. */
  constructor(
    readonly family: string,
    private readonly config: Readonly<Record<string, unknown>>,
  ) {}

  /** The value of a key; null counts as absent. */
  value(key: string): unknown {
    this.asked.add(key);
    return this.config[key] ?? undefined;
  }

  /** A whole number from 1. `OptionError` for anything else, and for none where there is no `otherwise`. */
  count(key: string, otherwise?: number): number {
    const found = this.value(key) ?? otherwise;
    if (typeof found === "number" && Number.isInteger(found) && found >= 1) return found;
    throw this.wrong(key, found, "a whole number, at least 1");
  }

  /** A number above 0. */
  positive(key: string, otherwise?: number): number {
    const found = this.value(key) ?? otherwise;
    if (typeof found === "number" && found > 0 && Number.isFinite(found)) return found;
    throw this.wrong(key, found, "a number above 0");
  }

  /** True or false. */
  flag(key: string, otherwise: boolean): boolean {
    const found = this.value(key) ?? otherwise;
    if (typeof found === "boolean") return found;
    throw this.wrong(key, found, "true or false");
  }

  /** Says that only these values are computed; an absent key has the first. */
  only(key: string, ...values: readonly unknown[]): void {
    const found = this.value(key);
    if (found === undefined || values.some((value) => JSON.stringify(value) === JSON.stringify(found))) return;
    throw new UnsupportedError(
      `running ${this.family}: config.json says ${JSON.stringify(key)}: ${shown(found)}; it is run with ${values.map(shown).join(" or ")} only`,
    );
  }

  /** Says that keys are told by the tensors, or by other keys. */
  known(...keys: readonly string[]): void {
    for (const key of keys) this.asked.add(key);
  }

  /** Refuses what nobody asked for. */
  finish(): void {
    for (const [key, value] of Object.entries(this.config)) {
      if (value === null || value === undefined || this.asked.has(key) || isNeutral(key)) continue;
      throw new UnsupportedError(
        `running ${this.family}: config.json says ${JSON.stringify(key)}: ${shown(value)}, which may change what the network computes and is not known here; take the key out if it changes nothing`,
      );
    }
  }

  private wrong(key: string, found: unknown, wanted: string): OptionError {
    return new OptionError(
      `running ${this.family}: in config.json ${JSON.stringify(key)} is ${shown(found)}; it is ${wanted}`,
    );
  }
}

function shown(value: unknown): string {
  return value === undefined ? "absent" : JSON.stringify(value).slice(0, 120);
}
