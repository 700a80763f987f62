// How the page looks: in the page itself, so that one file is all there is to pass on.
namespace Samples.Evaluate.Html;

internal static class Style
{
    /// <summary>The style sheet. It holds none of the characters that XML escapes, so that it reads the same in HTML.</summary>
    public const string Sheet = """
        :root { color-scheme: light dark; --page: #fff; --ink: #1c2024; --soft: #60646c; --rule: #d9d9e0; --band: #f5f5f7; }
        .s0 { --c: #0072b2; } .s1 { --c: #d55e00; } .s2 { --c: #009e73; } .s3 { --c: #cc79a7; } .s4 { --c: #b8860b; }
        .s5 { --c: #56b4e9; } .s6 { --c: #8b5cf6; } .s7 { --c: #ef4444; } .s8 { --c: #6b7280; } .s9 { --c: #65a30d; }
        @media (prefers-color-scheme: dark) { :root { --page: #16181c; --ink: #edeef0; --soft: #a0a4ad; --rule: #3a3d44; --band: #1f2227; } }
        body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
        p, li { max-width: 60rem; } .soft, figcaption { color: var(--soft); } .failed { border-left: 4px solid #d55e00; padding-left: 1rem; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
        th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--rule); text-align: right; } th:first-child { text-align: left; position: sticky; left: 0; background: var(--page); }
        thead th { vertical-align: bottom; font-weight: 600; } thead small { display: block; font-weight: 400; color: var(--soft); } tbody tr:nth-child(even) td { background: var(--band); }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(32rem, 100%), 1fr)); gap: 1.5rem; } figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .3rem; }
        figure svg { width: 100%; height: auto; } text { fill: var(--soft); font-size: 12px; } .grid { stroke: var(--rule); } .mark { stroke: var(--soft); stroke-dasharray: 4 4; }
        .dot { fill: var(--c); stroke: var(--c); stroke-width: 2; fill-opacity: .75; } .line { fill: none; stroke: var(--c); stroke-width: 2; } .hollow.dot { fill: none; } .hollow.line { stroke-dasharray: 5 3; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .3rem 0 0; padding: 0; font-size: 13px; } .legend svg { width: 12px; height: 12px; margin-right: .35rem; }
        dt { font-weight: 600; } dd { margin: 0 0 .5rem 1rem; max-width: 60rem; }
        """;
}
