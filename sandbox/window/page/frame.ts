/** Asks for the page to be drawn anew: once a frame, however much has changed. */
let draw: () => void = () => undefined;
let due = false;

export function onFrame(drawing: () => void): void {
  draw = drawing;
}

export function redraw(): void {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    draw();
  });
}
