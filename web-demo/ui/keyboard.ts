/** A phone's keyboard covers the page's lower part: the page is as high as what is left. */
export function followKeyboard(): void {
  const { visualViewport } = window;
  if (!visualViewport) return;
  const follow = () => {
    const { height, offsetTop, scale } = visualViewport;
    // Zoomed by hand it shows a part of the page, which keeps its size.
    if (Math.abs(scale - 1) > 0.01) return;
    const { style } = document.documentElement;
    style.setProperty("--visible", `${height}px`);
    document.documentElement.toggleAttribute("data-keyboard", innerHeight - height > 120);
    if (offsetTop > 0) scrollTo(0, 0);
  };
  visualViewport.addEventListener("resize", follow);
  visualViewport.addEventListener("scroll", follow);
  follow();
}
