import { widgetsOf } from './body.ts';
import { chart } from './chart.ts';

/** A dashboard has 24 columns; its rows are as high as they are wide here. */
const UNIT_PX = 54;
const GAP_PX = 6;
const HEAD_PX = 30;

/**
 * A picture of the dashboard in a packaged template, with a day in it that never was.
 *
 * @returns an SVG document, the same for the same template
 */
export async function drawDashboard(templateJson: string): Promise<string> {
  const widgets = widgetsOf(templateJson);
  const charts = await Promise.all(
    widgets.map(async (widget) => {
      const size = {
        width: widget.width * UNIT_PX - GAP_PX,
        height: widget.height * (UNIT_PX * 0.75) - GAP_PX,
      };
      const svg = await chart(widget, size);
      const [x, y] = [widget.x * UNIT_PX, HEAD_PX + widget.y * UNIT_PX * 0.75];
      return svg.replace('<svg ', `<svg x="${x}" y="${y}" `);
    }),
  );
  const width = 24 * UNIT_PX;
  const rows = Math.max(...widgets.map(({ y, height }) => y + height));
  const height = HEAD_PX + rows * UNIT_PX * 0.75;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>The CloudWatch dashboard, drawn with sample data</title>
<rect width="100%" height="100%" fill="#f2f3f3"/>
<text x="6" y="20" font-family="sans-serif" font-size="13" fill="#444444">Drawn from the packaged template, with a day that never was: no screenshot, and no figures of a real stage.</text>
${charts.join('\n')}
</svg>
`;
}
