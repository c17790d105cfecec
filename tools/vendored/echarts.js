// What of ECharts is kept under takedown/web/static/vendor, bundled as VENDORED.md says there.
import { init, use } from "echarts/core";
import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { GridSimpleComponent, LegendPlainComponent, TitleComponent } from "echarts/components";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";

use([BarChart, CustomChart, LineChart]);
use([GridSimpleComponent, LegendPlainComponent, TitleComponent]);
use([CanvasRenderer, SVGRenderer]);

export { init };
