type Level = { readonly names: Set<string> | undefined; expectsName: boolean };

/**
 * Finds an object member that occurs twice, at any depth, where two readers could see two values.
 * Names are compared unescaped: `"type"` and `"\u0074ype"` are one name.
 * @param json a text that `JSON.parse` accepts.
 * @returns the name of the first such member, undefined when there is none.
 */
export function doubledMember(json: string): string | undefined {
  const levels: Level[] = [];
  for (let at = 0; at < json.length; at++) {
    if (json[at] === '"') {
      const end = endOfString(json, at);
      const level = levels.at(-1);
      if (level !== undefined && isDoubledName(level, json.slice(at, end))) return String(JSON.parse(json.slice(at, end)));
      at = end - 1;
    } else step(levels, json[at]);
  }
  return undefined;
}

/** Follows one character outside strings: into and out of objects and lists, and on to the next member. */
function step(levels: Level[], c: string | undefined): void {
  const level = levels.at(-1);
  if (c === '{') levels.push({ names: new Set(), expectsName: true });
  else if (c === '[') levels.push({ names: undefined, expectsName: false });
  else if (c === '}' || c === ']') levels.pop();
  else if (c === ',' && level?.names !== undefined) level.expectsName = true;
}

/** Takes note of a string; true when it stands where a member's name does and the object has that name already. */
function isDoubledName(level: Level, quoted: string): boolean {
  if (level.names === undefined || !level.expectsName) return false;
  level.expectsName = false;
  const name = String(JSON.parse(quoted));
  if (level.names.has(name)) return true;
  level.names.add(name);
  return false;
}

/** The place behind the closing quote of the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}
