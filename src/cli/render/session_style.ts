/** How an exported session looks: on wide and narrow screens, light and dark, and on paper. */
export const sessionStyle = `
:root {
  color-scheme: light dark;
  --text: #1b1b1f; --faint: #5d5d66; --page: #ffffff; --panel: #f4f4f6; --line: #d9d9df; --mine: #e8f0fe; --bad: #b3261e; --link: #0b57d0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e6ea; --faint: #a4a4ae; --page: #131316; --panel: #1e1e23; --line: #37373f; --mine: #1b2a44; --bad: #f2b8b5; --link: #a8c7fa;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 52rem; padding: 1rem; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: .85rem; margin: 0 0 .35rem; color: var(--faint); }
h3, h4, h5, h6 { font-size: 1.05rem; margin: 1rem 0 .35rem; }
time { font-weight: 400; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: 0 0 1.2rem; font-size: .85rem; color: var(--faint); }
dd { margin: 0; }
article { margin: 1rem 0; padding: .7rem .9rem; border: 1px solid var(--line); border-radius: .6rem; }
article.user { background: var(--mine); }
article p, article ul, article ol, blockquote { margin: .4rem 0; }
.said { white-space: pre-wrap; }
article.model p { white-space: pre-line; }
blockquote { padding-left: .8rem; border-left: 3px solid var(--line); color: var(--faint); white-space: pre-line; }
code { font: .9em/1.45 ui-monospace, monospace; background: var(--panel); border-radius: .25rem; padding: .05em .25em; }
pre { font: .85rem/1.45 ui-monospace, monospace; background: var(--panel); border-radius: .4rem; padding: .6rem .7rem; margin: .5rem 0; overflow-x: auto; white-space: pre-wrap; tab-size: 4; }
pre code { font: inherit; background: none; padding: 0; }
.lang { display: block; color: var(--faint); font-size: .75rem; margin-bottom: .3rem; }
details { margin: .4rem 0; padding: .1rem .9rem; color: var(--faint); font-size: .9rem; }
details pre { color: var(--text); max-height: 30rem; overflow: auto; }
summary { cursor: pointer; padding: .25rem 0; }
.failed > summary { color: var(--bad); }
.cut { text-align: center; color: var(--faint); font-size: .85rem; border-top: 1px dashed var(--line); padding-top: .5rem; margin: 1.5rem 0; }
a { color: var(--link); }
img { max-width: 100%; height: auto; border-radius: .4rem; }
@media print {
  :root { --text: #000; --faint: #444; --page: #fff; --panel: #f4f4f4; --line: #bbb; --mine: #f4f4f4; --bad: #800; --link: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  article { break-inside: avoid-page; }
  details pre { max-height: none; overflow: visible; }
}
`;
