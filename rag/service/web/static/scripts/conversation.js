/** Questions one after the other to a conversation, each asked with those before it, and kept in this browser. */

import { announce } from "./announcer.js";
import { keep } from "./past.js";
import { toAnswer } from "./places.js";
import { Turn } from "./turn.js";
import { say } from "./words.js";

export class Conversation {
  /** Shown in `place`; `onChange(conversation)` is called when a turn begins or ends. */
  constructor(place, onChange) {
    Object.assign(this, { place, onChange });
    this.clear();
  }

  /** The turn whose answer is being made, or null. */
  get running() {
    return this.turns.find((turn) => turn.stopper) ?? null;
  }

  /** The permanent link to the last answer. */
  get address() {
    return this.turns.at(-1)?.address ?? "#/";
  }

  clear() {
    for (const turn of this.turns ?? []) turn.stop();
    this.turns = [];
    this.id = `${Date.now()}`;
    this.place.replaceChildren();
    this.onChange(this);
  }

  /** Ask a question that follows those asked before it; `history` in place of theirs, where it comes with a link. */
  async ask(question, filters, history = null) {
    for (const turn of this.turns) turn.stop();
    const earlier = this.turns.filter((turn) => turn.answer).map((turn) => turn.question);
    const turn = new Turn({ question, history: history ?? earlier, filters });
    this.add(turn);
    turn.again = () => this.run(turn);
    await this.run(turn);
  }

  /** Show a conversation kept earlier. */
  open({ id, turns }) {
    this.clear();
    this.id = id;
    for (const kept of turns) this.add(new Turn(kept));
    this.onChange(this);
    this.turns.at(-1).node.scrollIntoView({ block: "start" });
  }

  /** Whether a turn has this address; it is scrolled to. */
  show(place) {
    const turn = this.turns.find(({ address }) => address === toAnswer(place));
    turn?.node.scrollIntoView({ block: "start" });
    return turn !== undefined;
  }

  /** Show the answers in the present language of the interface. */
  repeat() {
    for (const turn of this.turns) if (turn.answer) turn.finish(turn.answer);
  }

  add(turn) {
    this.turns.push(turn);
    this.place.append(turn.node);
  }

  async run(turn) {
    const running = turn.run();
    this.onChange(this);
    turn.node.scrollIntoView({ block: "start" });
    const answered = await running;
    if (answered && this.turns.includes(turn) && !keep(this)) announce(say("past.full"));
    this.onChange(this);
  }
}
