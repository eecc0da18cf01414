import type { Annotation, LogFormat } from "./events.ts";
import type { Masks } from "./masks.ts";
import { optional } from "./optional.ts";
import { parseCommand, type WorkflowCommand } from "./workflow-commands.ts";

/** Where the log of a step goes. */
export interface StepLogSink {
  line(text: string, format: LogFormat): void;
  annotation(annotation: Annotation): void;
}

/** GitHub shows ten of each kind per step and cuts messages. */
const maxPerLevel = 10;
const maxMessage = 4096;

/** Reads the output of a step line by line: obeys commands, hides secrets. */
export class StepLog {
  readonly annotations: Annotation[] = [];
  readonly #masks: Masks;
  readonly #sink: StepLogSink;
  #stopToken: string | undefined;

  constructor(masks: Masks, sink: StepLogSink) {
    this.#masks = masks;
    this.#sink = sink;
  }

  /** Takes one line of output. */
  write(line: string): void {
    const command = parseCommand(line);
    if (command === undefined || !this.#obeys(command)) this.#sink.line(this.#masks.mask(line), "plain");
  }

  /** Adds a message of the runner's own or of a command, within GitHub's limits. */
  annotate(annotation: Annotation): void {
    const message = this.#masks.mask(annotation.message).slice(0, maxMessage);
    this.#sink.line(message, annotation.level);
    const isFull = this.annotations.filter(({ level }) => level === annotation.level).length >= maxPerLevel;
    if (isFull) return;
    const shown = { ...annotation, message };
    this.annotations.push(shown);
    this.#sink.annotation(shown);
  }

  #obeys(command: WorkflowCommand): boolean {
    const { name, message } = command;
    if (this.#stopToken !== undefined) {
      if (name !== this.#stopToken.toLowerCase() || message !== "") return false;
      this.#stopToken = undefined;
      return true;
    }
    switch (name) {
      case "stop-commands":
        this.#stopToken = message;
        return true;
      case "add-mask":
        this.#masks.add(message);
        this.#sink.line("::add-mask::***", "command");
        return true;
      case "error":
      case "warning":
      case "notice":
        this.annotate(toAnnotation(name, command));
        return true;
      case "group":
      case "endgroup":
      case "debug":
        this.#sink.line(this.#masks.mask(message), name);
        return true;
      case "add-matcher":
      case "remove-matcher":
      case "echo":
        return true;
      case "set-output":
      case "save-state":
      case "set-env":
      case "add-path":
        this.annotate({
          level: "error",
          message: `The "${name}" command is not modelled: write to the file instead`,
        });
        return true;
      default:
        return false;
    }
  }
}

function toAnnotation(level: Annotation["level"], { properties, message }: WorkflowCommand): Annotation {
  const line = Number(properties.line);
  return {
    level,
    message,
    ...optional("title", properties.title),
    ...optional("file", properties.file),
    ...optional("line", Number.isInteger(line) ? line : undefined),
  };
}
