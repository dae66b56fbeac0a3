/** The names by which the engine's messages speak of values of earlier cells. Of `$prev_obj.value.nope()` the engine says "$prev_obj.value.nope
 *  is not a function", and it says so when it makes the error, before anything of ours could change the message. Of an assignment it names the
 *  target alone: `(obj = $prev_obj.value).nope()` gives "obj.nope is not a function". So a name is assigned to a variable of the same name, its
 *  shadow, in the places that the engine puts into a message: what is called, constructed, spread, iterated, taken apart. A shadow is never read.
 *  It is declared in the very function that assigns it, where no closure holds it, so that it keeps no value alive and costs a register (the
 *  initial values of parameters and fields have no such place; they take the one around them). */
import type TS from "typescript";

/** The shadows of a cell while it is emitted. */
export class Shadows {
  /** The names of the bodies that are being visited, the innermost last. */
  private readonly bodies: Set<string>[] = [new Set()];
  private isSpoken = false;

  constructor(
    private readonly ts: typeof TS,
    private readonly factory: TS.NodeFactory,
  ) {}

  /** Visits `node`, and tells whether the engine may speak of it. */
  around(node: TS.Node, visit: (node: TS.Node, isSpoken: boolean) => TS.Node): TS.Node {
    const before = this.isSpoken;
    this.isSpoken = this.speaksOf(node, before);
    try {
      return visit(node, this.isSpoken);
    } finally {
      this.isSpoken = before;
    }
  }

  /** The value `handle`, and for the engine the name. It has no `this` when it is called. */
  assign(name: string, handle: TS.Expression): TS.Expression {
    const { factory } = this;
    this.bodies.at(-1)?.add(name);
    return factory.createParenthesizedExpression(factory.createAssignment(factory.createIdentifier(name), handle));
  }

  /** Visits the body of a function: a block, or the expression of an arrow function, which becomes a block when it needs shadows. */
  body(node: TS.Node, visit: (node: TS.Node) => TS.Node): TS.Node {
    const { ts, factory } = this;
    const names = new Set<string>();
    this.bodies.push(names);
    try {
      const visited = visit(node);
      if (names.size === 0) return visited;
      if (!ts.isBlock(visited)) {
        const answer = ts.setTextRange(factory.createReturnStatement(visited as TS.Expression), node);
        return factory.createBlock([...this.declaration(names), answer], true);
      }
      const first = visited.statements.findIndex((statement) => !isDirective(ts, statement));
      const at = first < 0 ? visited.statements.length : first;
      const { statements } = visited;
      return factory.updateBlock(visited, [
        ...statements.slice(0, at),
        ...this.declaration(names),
        ...statements.slice(at),
      ]);
    } finally {
      this.bodies.pop();
    }
  }

  /** The declaration of the shadows of the cell itself: a statement, or none. */
  declared(): TS.Statement[] {
    return this.declaration(this.bodies[0] ?? new Set());
  }

  private declaration(names: ReadonlySet<string>): TS.Statement[] {
    if (names.size === 0) return [];
    const { ts, factory } = this;
    const variables = [...names].map((name) => factory.createVariableDeclaration(name));
    const list = factory.createVariableDeclarationList(variables, ts.NodeFlags.Let);
    return [factory.createVariableStatement(undefined, list)];
  }

  /** Whether a message of the engine may hold the text of `node`, whose parent it does (`isParentSpoken`) or does not hold. */
  private speaksOf(node: TS.Node, isParentSpoken: boolean): boolean {
    const { ts } = this;
    const { parent } = node;
    if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.expression === node;
    if (ts.isTaggedTemplateExpression(parent)) return parent.tag === node;
    if (ts.isSpreadElement(parent)) return true;
    if (ts.isForOfStatement(parent)) return parent.expression === node;
    if (ts.isYieldExpression(parent)) return parent.asteriskToken !== undefined;
    if (ts.isVariableDeclaration(parent)) return parent.initializer === node && !ts.isIdentifier(parent.name);
    if (ts.isBinaryExpression(parent)) {
      const { kind } = parent.operatorToken;
      const isAssigned = kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
      if (!isAssigned) return isParentSpoken;
      return (
        parent.right === node && (ts.isObjectLiteralExpression(parent.left) || ts.isArrayLiteralExpression(parent.left))
      );
    }
    if (ts.isPrefixUnaryExpression(parent)) {
      const { operator } = parent;
      const assigns = operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;
      return isParentSpoken && !assigns;
    }
    const hands =
      ts.isPropertyAccessExpression(parent) ||
      ts.isElementAccessExpression(parent) ||
      ts.isParenthesizedExpression(parent) ||
      ts.isNonNullExpression(parent) ||
      ts.isAsExpression(parent) ||
      ts.isSatisfiesExpression(parent) ||
      ts.isTypeAssertionExpression(parent) ||
      ts.isConditionalExpression(parent) ||
      ts.isTemplateExpression(parent) ||
      ts.isTemplateSpan(parent);
    return hands && isParentSpoken;
  }
}

function isDirective(ts: typeof TS, node: TS.Statement): boolean {
  return ts.isExpressionStatement(node) && ts.isStringLiteral(node.expression);
}
