/** Words to screen readers, without taking the focus away. */

const node = document.getElementById("announcer");

export function announce(words) {
  node.textContent = words;
}
