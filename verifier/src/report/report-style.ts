/** How a report looks on a screen and on A4. No font is loaded: what the machine has is used. */
export const REPORT_STYLE = `
.report{max-width:60rem;margin:0 auto;color:#1a1a1a;background:#fff;font:400 .95rem/1.55 "Noto Serif CJK SC","Source Han Serif SC","Songti SC",SimSun,serif}
.report:lang(en){font-family:Georgia,"Liberation Serif","Noto Serif","DejaVu Serif","Noto Serif CJK SC","Songti SC",SimSun,serif}
.report header{border-bottom:2px solid #1a1a1a;padding-bottom:.6rem;margin-bottom:1rem}
.report h1{font-size:1.5rem;line-height:1.3;margin:0}
.report h2{font-size:1.08rem;margin:1.6rem 0 .5rem}
.report p{margin:.3rem 0}
.report code{font:.82em/1.4 ui-monospace,Consolas,Menlo,monospace;overflow-wrap:anywhere}
.report .quiet{color:#555;font-size:.86em}
.report .demonstration{border:1px solid #8a5a00;color:#6b4500;padding:.2rem .6rem;display:inline-block}
.report .outcomes{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.5rem}
.report .outcome{border:1px solid #bbb;padding:.5rem .7rem;color:#666}
.report .outcome strong{display:block;font-size:1.05rem;font-weight:400}
.report .chosen{border:2px solid;padding:calc(.5rem - 1px) calc(.7rem - 1px);color:#1a1a1a}
.report .chosen strong{font-weight:700}
.report .PROVEN{border-color:#1b6e3c;background:#f0f8f2}
.report .REFUTED{border-color:#a8201a;background:#fdf1f0}
.report .UNDETERMINED{border-color:#8a5a00;background:#fdf7ea}
.report table{border-collapse:collapse;width:100%;table-layout:fixed}
.report th,.report td{border:1px solid #bbb;padding:.3rem .45rem;vertical-align:top;text-align:left;overflow-wrap:anywhere}
.report th{background:#f3f3f1;font-weight:600}
.report .sign{width:1.6rem;text-align:center}
.report .PASS .sign{color:#1b6e3c}
.report .FAIL .sign,.report .FAIL .found{color:#a8201a}
.report .FAIL td{background:#fdf1f0}
.report .name{width:19%}
.report .rule{width:21%}
.report .rests{width:21%}
.report .article{width:22%}
.report .asks{width:29%}
.report dl{display:grid;grid-template-columns:10.5rem minmax(0,1fr);gap:.15rem 1rem;margin:0}
.report dt{color:#555}
.report dd{margin:0;overflow-wrap:anywhere}
.report ul{margin:0;padding-left:1.2rem}
.report .signing{display:grid;grid-template-columns:1fr 1fr;gap:2rem;margin:2.4rem 0 1rem}
.report .signing div{border-top:1px solid #1a1a1a;padding-top:.2rem}
.report footer{border-top:1px solid #bbb;margin-top:1.2rem;padding-top:.4rem}
@media screen and (max-width:44rem){
.report dl,.report .outcomes,.report .signing{grid-template-columns:minmax(0,1fr)}
.report thead{display:none}
.report table,.report tbody,.report tr,.report td{display:block;width:auto}
.report tr{border:1px solid #bbb;margin-bottom:.5rem}
.report td{border:0;text-align:left}
.report td.sign,.report td.name,.report td.rule,.report td.rests,.report td.article,.report td.asks{width:auto;text-align:left}
}
@page{size:A4;margin:16mm 15mm 18mm;@bottom-right{content:counter(page) " / " counter(pages);font-size:8pt}}
@page demonstration{@bottom-center{content:"演示数据，非真实业务";font-size:8pt}}
.report.of-demonstration{page:demonstration}
@media print{
/* The last border would be cut by a rounded page width. */
.report{max-width:none;font-size:9.5pt;padding-right:1px}
.report tr,.report .outcomes,.report .signing,.report li,.report dl{break-inside:avoid}
.report h2{break-after:avoid}
.report thead{display:table-header-group}
.report *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;
