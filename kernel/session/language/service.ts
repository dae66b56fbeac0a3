/** The one program of a session and TypeScript's language service over it: what cells are checked with answers the editor too. A file is parsed
 *  once and kept. Comments of packages are not parsed until the editor asks for one, which halves the time to the first cell. */
import type TS from "typescript";
import { isOwn, type CellFiles } from "./files";
import { attachComments } from "./comments";

/** The folder's compiler options, and how a file's text is to be read. */
export interface ServiceOptions {
  readonly folder: string;
  readonly roots: readonly string[];
  readonly options: TS.CompilerOptions;
  /** Whether a file that is named as TypeScript holds JSX. */
  readonly isJsx: (file: string) => boolean;
}

type Parsed = TS.SourceFile & { version: string; scriptKind: TS.ScriptKind };

/** TypeScript's parts that its declarations leave out. */
type Internal = typeof TS & { JSDocParsingMode: { ParseAll: number; ParseNone: number } };

/** A program that follows its files. */
export class CellService {
  readonly service: TS.LanguageService;
  private readonly parsed = new Map<string, Parsed>();
  private readonly commented = new WeakSet<TS.SourceFile>();
  private change = 0;

  constructor(
    private readonly ts: typeof TS,
    private readonly files: CellFiles,
    private readonly given: ServiceOptions,
  ) {
    this.service = ts.createLanguageService(this.host(), this.registry());
  }

  private host(): TS.LanguageServiceHost {
    const { ts, given } = this;
    const { sys } = this.files;
    const host: TS.LanguageServiceHost & { hasInvalidatedResolutions(path: string): boolean } = {
      getCompilationSettings: () => given.options,
      getScriptFileNames: () => [...given.roots],
      getScriptVersion: (file) => this.files.version(file),
      getScriptSnapshot: (file) => {
        const known = this.parsed.get(file);
        // The text of a known file is read again only when it has changed.
        if (known?.version === this.files.version(file)) return ts.ScriptSnapshot.fromString(known.text);
        const text = sys.readFile(file);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getScriptKind: (file) =>
        given.isJsx(file) ? ts.ScriptKind.TSX : ((ts as unknown as Kinds).getScriptKindFromFileName?.(file) ?? 0),
      getCurrentDirectory: () => given.folder,
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
      useCaseSensitiveFileNames: () => true,
      getProjectVersion: () => String(this.change),
      fileExists: (file) => sys.fileExists(file),
      readFile: (file, encoding) => sys.readFile(file, encoding),
      directoryExists: (folder) => sys.directoryExists(folder),
      getDirectories: (folder) => sys.getDirectories(folder),
      realpath: (file) => sys.realpath?.(file) ?? file,
      // What a file of the user's imports may have come or gone.
      hasInvalidatedResolutions: (file) => isOwn(file) && !file.endsWith(".d.ts"),
    };
    return host;
  }

  private registry(): TS.DocumentRegistry {
    const parse = (
      file: string,
      snapshot: TS.IScriptSnapshot,
      version: string,
      kind: TS.ScriptKind | undefined,
      options: TS.CreateSourceFileOptions | TS.ScriptTarget | undefined,
    ): TS.SourceFile => {
      const known = this.parsed.get(file);
      if (known?.version === version && known.scriptKind === kind) return known;
      const modes = (this.ts as Internal).JSDocParsingMode;
      const hasComments = isOwn(file) || !file.endsWith(".d.ts");
      const settings =
        typeof options === "object" ? options : { languageVersion: options ?? this.ts.ScriptTarget.ESNext };
      const jsDocParsingMode = hasComments ? modes.ParseAll : modes.ParseNone;
      const text = snapshot.getText(0, snapshot.getLength());
      const source = this.ts.createSourceFile(file, text, { ...settings, jsDocParsingMode }, false, kind) as Parsed;
      source.version = version;
      if (hasComments) this.commented.add(source);
      this.parsed.set(file, source);
      return source;
    };
    const registry = {
      getKeyForCompilationSettings: () => "cells",
      acquireDocumentWithKey: (file: string, _path: string, _host: unknown, _key: string, ...rest: Rest) =>
        parse(file, ...rest),
      updateDocumentWithKey: (file: string, _path: string, _host: unknown, _key: string, ...rest: Rest) =>
        parse(file, ...rest),
      acquireDocument: (file: string, _settings: unknown, ...rest: Rest) => parse(file, ...rest),
      updateDocument: (file: string, _settings: unknown, ...rest: Rest) => parse(file, ...rest),
      releaseDocument: () => undefined,
      releaseDocumentWithKey: () => undefined,
      reportStats: () => "",
    };
    return registry as unknown as TS.DocumentRegistry;
  }

  /** Reads what has changed since the last call, of which `before` may write more, and returns the program of all files. */
  refresh(): TS.Program {
    this.change++;
    const program = this.service.getProgram();
    if (program === undefined) throw new Error("the language service has no program");
    return program;
  }

  /** Parses the comments of the files that declare `symbol`, so that the editor can show them. */
  readComments(symbol: TS.Symbol | undefined): void {
    for (const declaration of symbol?.declarations ?? []) this.readCommentsOf(declaration.getSourceFile());
  }

  /** Parses the comments of `file`. */
  readCommentsOf(file: TS.SourceFile): void {
    if (this.commented.has(file)) return;
    this.commented.add(file);
    attachComments(this.ts, file);
  }

  close(): void {
    this.service.dispose();
    this.parsed.clear();
  }
}

type Rest = [
  TS.IScriptSnapshot,
  string,
  TS.ScriptKind | undefined,
  TS.CreateSourceFileOptions | TS.ScriptTarget | undefined,
];

interface Kinds {
  getScriptKindFromFileName?(file: string): TS.ScriptKind;
}
