// Writes how a project is started: its `start` script as a shell script, whose last program takes the shell's place, so
// that a signal to stop reaches it. Without `start` it is node on what `main` names.
//
// node start.mjs PROJECT FILE
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OPERATORS = /[;|<>$`()]|&(?!&)(?<!&&)/;

function started({ scripts, main }) {
  if (scripts?.start) return scripts.start;
  return main ? `node ${main}` : undefined;
}

/** A command line with `exec` before its last command; one of other operators than && is left as it is. */
function withExec(command) {
  if (OPERATORS.test(command)) return command;
  const commands = command.split('&&').map((each) => each.trim());
  return [...commands.slice(0, -1), `exec env ${commands.at(-1)}`].join(' && ');
}

const [project, file] = process.argv.slice(2);
const command = started(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')));
if (!command) {
  console.error(`${project}/package.json has neither a \`start\` script nor \`main\`: write one`);
  process.exit(1);
}
writeFileSync(file, `#!/bin/sh\nPATH="$PWD/node_modules/.bin:$PATH"\n${withExec(command)}\n`);
