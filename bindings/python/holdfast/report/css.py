"""The page's style sheet."""

CSS = """
:root { color-scheme: light dark; --ink: #1b1b1f; --faint: #6c6c76; --band: #dfe3ee; --page: #ffffff; --card: #f7f7fa; --line: #d9d9e0; --link: #0b57a4; --right: #00694c; LIGHT }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ee; --faint: #9c9ca8; --band: #2d3344; --page: #141417; --card: #1d1d22; --line: #3a3a44; --link: #8ab8f0; --right: #4fd6ac; DARK }
}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere }
main { max-width: 76rem; margin: 0 auto; padding: 1.25rem 1rem 4rem }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .4rem 0 .2rem }
h2 { font-size: 1.35rem; margin: 3rem 0 .4rem; padding-top: .6rem; border-top: 1px solid var(--line) }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .5rem }
h4 { font-size: .95rem; margin: 1.1rem 0 .4rem }
h4 small, summary small { color: var(--faint); font-weight: 400 }
p, li { max-width: 46rem }
p { margin: .6rem 0 }
.meta, figcaption, .note { color: var(--faint); font-size: .9rem }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; list-style: none; padding: 0; margin: .8rem 0; font-size: .95rem }
.summary { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .4rem 1.2rem; margin: 1rem 0; max-width: 50rem }
.summary ul, details ul { padding-left: 1.2rem; margin: .3rem 0 } .summary li { margin: .3rem 0 }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: .8rem }
.pictures.single { max-width: 30rem } .pictures.pair { max-width: 56rem }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(47%, 12.8rem), 1fr)); gap: .6rem }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem; min-width: 0 }
.tiles figure { padding: .35rem }
figure svg { display: block; width: 100%; height: auto; max-width: 34rem; margin: 0 auto }
figure svg text { font-family: inherit !important }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; padding: 0; margin: .6rem 0; font-size: .88rem }
.key li { display: flex; align-items: center; gap: .35rem }
svg.mark { width: 1em; height: 1em; flex: none } svg.line { width: 1.65em; height: .65em; flex: none }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem; margin: .6rem 0; max-height: 36rem; overflow-y: auto }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem }
th, td { padding: .35rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line) }
th { font-weight: 600; background: var(--card); position: sticky; top: 0; z-index: 1 }
tr:last-child td { border-bottom: 0 }
th.left, td.left { text-align: left }
td small { color: var(--faint); font-size: .88em }
.long { white-space: normal; overflow-wrap: anywhere; display: inline-block; min-width: 9rem }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem; overflow-x: auto; font-size: .82rem }
details { margin: .7rem 0 } details details { margin: .4rem 0 .4rem .9rem }
summary { cursor: pointer; font-weight: 600 }
details > :nth-child(2) { margin-top: .6rem }
.domain { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .8rem }
.domain > summary h2 { display: inline; border: 0; padding: 0 }
.domain > nav ul { padding: 0; margin: .8rem 0 }
.domain > section > details { margin-left: 0 }
.domain h3 { font-size: 1.25rem; margin: 2.6rem 0 .4rem; padding-top: .6rem; border-top: 1px solid var(--line) }
.domain h4 { font-size: 1.05rem; margin: 1.6rem 0 .5rem } .domain h5 { font-size: .95rem; margin: 1.1rem 0 .4rem }
.domain h5 small { color: var(--faint); font-weight: 400 }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .2rem .9rem }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: .5rem }
code { white-space: nowrap }
.card ol { margin: .2rem 0 .6rem; padding-left: 1.5rem } .card small { color: var(--faint); white-space: nowrap }
.tag { font-size: .75rem; border: 1px solid currentColor; border-radius: .8rem; padding: .02rem .5rem; white-space: nowrap; color: var(--faint) }
.tag.right { color: var(--right); font-weight: 600 } .tag.after { background: var(--ink); border-color: var(--ink); color: var(--page) }
a { color: var(--link) }
@media (max-width: 34rem) {
  main { padding: .8rem .7rem 3rem } h1 { font-size: 1.4rem } h2 { font-size: 1.2rem; margin-top: 2.2rem }
  th, td { padding: .3rem .5rem } figure { padding: .3rem } .summary { padding: .3rem .8rem } details details { margin-left: .3rem }
}
@media print { body { font-size: 11pt } figure, .scroll, .card { break-inside: avoid } .scroll { max-height: none } }
"""
