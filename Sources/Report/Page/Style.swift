/// What a report looks like: light or dark, as the reader has it.
enum Style {
  /// Colours of curves, from the palette of Okabe and Ito, which people who see few colours can tell apart.
  static let sheet = """
    :root{color-scheme:light dark;--ink:#1c2024;--faint:#60656b;--paper:#fff;--rule:#d8dce0;--gap:#b0b7bd;--heat:#0b5394;
    --c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#8a6d00;--c5:#3f94c9;--c6:#6b7278}
    @media (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--faint:#9aa3ab;--paper:#15181b;--rule:#343a40;--gap:#5a626a;
    --heat:#7fc4ff;--c0:#4aa8e0;--c1:#f08030;--c2:#2cc295;--c3:#e39cc4;--c4:#d9b93b;--c5:#9ad1f2;--c6:#a0a7ae}}
    body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:0 auto;
    padding:1.5rem 1rem 4rem}
    h1{font-size:1.7rem;margin:.2em 0}h2{font-size:1.35rem;margin:2.2em 0 .4em;border-bottom:1px solid var(--rule)}
    h3{font-size:1.05rem;margin:1.6em 0 .3em}
    .faint,caption,svg .unit{color:var(--faint);fill:var(--faint)}
    .scroll{overflow-x:auto}table{border-collapse:collapse;margin:.6em 0 1.2em;font-variant-numeric:tabular-nums}
    caption{text-align:left;padding-bottom:.3em}th,td{padding:.15em .8em .15em 0;text-align:left;font-weight:normal;
    vertical-align:top;border-bottom:1px solid var(--rule)}thead th{color:var(--faint)}.number{text-align:right;white-space:nowrap}
    th[scope=row]{max-width:24rem;overflow-wrap:anywhere}.sum th,.sum td{font-weight:600}
    ul.legend{list-style:none;padding:0;margin:0 0 .8em;display:flex;flex-wrap:wrap;gap:.1em 1.4em}
    .key{display:inline-block;width:.8em;height:.8em;border-radius:.15em;margin-right:.4em;background:var(--c)}
    nav ul{columns:2;padding-left:1.2em}a{color:var(--c0)}
    svg{display:block;width:100%;height:auto;margin:.4em 0}
    svg text{font:12px system-ui,sans-serif;fill:var(--ink)}svg .end{text-anchor:end}svg .middle{text-anchor:middle}
    svg path{fill:none}.grid{stroke:var(--rule)}.zero{stroke:var(--faint)}
    .line{stroke:var(--c);stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
    svg .area{fill:var(--c);opacity:.85;shape-rendering:crispEdges}
    .s0{--c:var(--c0)}.s1{--c:var(--c1)}.s2{--c:var(--c2)}.s3{--c:var(--c3)}.s4{--c:var(--c4)}.s5{--c:var(--c5)}
    .s6{--c:var(--c6)}
    .gap{fill:var(--gap);opacity:.5}.hint{fill:transparent}.hint:hover{fill:var(--ink);opacity:.08}
    svg .heat{fill:var(--heat);shape-rendering:crispEdges}.h0{opacity:.14}.h1{opacity:.26}.h2{opacity:.4}.h3{opacity:.54}.h4{opacity:.68}
    .h5{opacity:.84}.h6{opacity:1}
    .bar{fill:var(--c0)}.whisker{stroke:var(--ink)}svg .box{fill:var(--c5);opacity:.55}
    .median{stroke:var(--ink);stroke-width:2}.dot{fill:var(--c1)}
    @media print{.hint{display:none}body{max-width:none}}
    """
}
