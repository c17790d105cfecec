"use strict";
/* Charts over figures that stand in the table beside them: read from data-chart, drawn by ECharts.
   Words come with the figures; colours from the sheet of styles; patterns stand beside colours. */
(() => {
  const figures = [...document.querySelectorAll("figure[data-chart]")].filter((one) => one.querySelector(".plot"));
  if (!figures.length || !window.echarts) return;
  const NARROW = "\u202f";
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif";
  const language = document.documentElement.lang || "en";
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const charts = new Map();

  const PATTERNS = {
    soft: { symbol: "circle", symbolSize: 0.55, dashArrayX: [[4, 4], [0, 4, 4, 0]], dashArrayY: [4, 0] },
    other: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
    pale: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [1, 6], rotation: 0 },
    blank: { symbol: "circle", symbolSize: 0.4, dashArrayX: [[2, 8], [0, 5, 2, 3]], dashArrayY: [5, 0] },
    "map-0": { symbol: "circle", symbolSize: 0.35, dashArrayX: [[1, 7], [0, 4, 1, 3]], dashArrayY: [4, 0] },
    "map-1": { symbol: "circle", symbolSize: 0.6, dashArrayX: [[3, 4], [0, 3.5, 3, 0.5]], dashArrayY: [4, 0] },
    "map-2": { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [1.5, 5], rotation: -Math.PI / 4 },
    "map-3": { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [1.5, 3.5], rotation: Math.PI / 4 },
    passed: { symbol: "rect", dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.6 },
  };
  const DASHES = { solid: "solid", dashed: [8, 5], dotted: [2, 4] };

  const tokens = (element) => {
    const style = getComputedStyle(element);
    const read = (name) => style.getPropertyValue(`--c-${name}`).trim();
    return Object.fromEntries(
      ["ink", "quiet", "line", "ground", "main", "soft", "other", "pale", "blank", "passed", "mark",
        "map-0", "map-1", "map-2", "map-3", "map-4"].map((name) => [name, read(name)]),
    );
  };
  const paper = () => {
    const sheet = document.createElement("div");
    sheet.className = "for-print";
    document.body.append(sheet);
    const found = tokens(sheet);
    sheet.remove();
    return found;
  };
  const decal = (tone, colours) => PATTERNS[tone] && { ...PATTERNS[tone], color: colours.mark };

  const written = (value, unit) => {
    if (value === null || value === undefined) return "–";
    if (unit === "share") return `${plain.format(Math.round(value * 100))}${NARROW}%`;
    if (unit === "hours") return `${plain.format(value)}${NARROW}h`;
    return plain.format(value);
  };
  const ranged = (low, high, unit) => {
    if (low === null || low === undefined) return "–";
    const [first, last] = [written(low, unit), written(high, unit)];
    return first === last ? last : `${first} – ${last}`;
  };

  /* What a series says at a place: a number of a category, or the last step at or before x. */
  const valueAt = (series, place) => {
    if (series.draw === "step" || series.draw === "band") {
      let found = null;
      for (const point of series.data) {
        if (point[0] > place + 1e-9) break;
        found = point;
      }
      return found && found.slice(1);
    }
    const value = series.data[place];
    return value === null || value === undefined ? null : Array.isArray(value) ? value : [value];
  };
  const linesAt = (spec, place) =>
    spec.series.filter((one) => !one.silent).map((one) => {
      const value = valueAt(one, place);
      const text = value === null ? "–" : value.length > 1 ? ranged(value[0], value[1], spec.y.unit) : written(value[0], spec.y.unit);
      return `${one.name}: ${text}`;
    });
  const placeName = (spec, place) =>
    spec.x.type === "category" ? spec.x.labels[place]
      : spec.x.stops.find(([at]) => at === place)?.[1] ?? `${plain.format(place)}${NARROW}${spec.x.unit}`;
  const spoken = (spec, place) =>
    spec.kind === "map" ? `${spec.values[place].name}: ${spec.values[place].text}`
      : [placeName(spec, place), ...linesAt(spec, place)].join("\n");

  const stepped = (points, api, of) => {
    const corners = [];
    points.forEach((point, index) => {
      const [x, y] = api.coord([point[0], point[of]]);
      if (index) corners.push([x, corners[corners.length - 1][1]]);
      corners.push([x, y]);
    });
    return corners;
  };
  const band = (series, colours) => ({
    type: "custom", name: series.name, clip: true, silent: true, z: 1,
    data: [series.data[0]],
    renderItem: (params, api) => ({
      type: "polygon",
      shape: { points: [...stepped(series.data, api, 1), ...stepped(series.data, api, 2).reverse()] },
      style: { fill: colours[series.tone], opacity: 0.22 },
    }),
    itemStyle: { color: colours[series.tone], opacity: 0.35 },
  });
  const whisker = (series, colours, across) => ({
    type: "custom", name: series.name, silent: true, z: 4, itemStyle: { color: colours.ink },
    data: series.data.map((value, index) => (value && value[0] !== null ? [index, ...value] : null)).filter(Boolean),
    renderItem: (params, api) => {
      const at = (value) => api.coord(across ? [value, api.value(0)] : [api.value(0), value]);
      const [[x1, y1], [x2, y2]] = [at(api.value(1)), at(api.value(2))];
      const cap = 4;
      const line = (a, b, c, d) => ({ type: "line", shape: { x1: a, y1: b, x2: c, y2: d }, style: { stroke: colours.ink, lineWidth: 1.5 } });
      return {
        type: "group",
        children: across
          ? [line(x1, y1, x2, y2), line(x1, y1 - cap, x1, y1 + cap), line(x2, y2 - cap, x2, y2 + cap)]
          : [line(x1, y1, x2, y2), line(x1 - cap, y1, x1 + cap, y1), line(x2 - cap, y2, x2 + cap, y2)],
      };
    },
  });
  const line = (series, colours) => ({
    type: "line", name: series.name, z: 3,
    step: series.draw === "step" ? "end" : false,
    data: series.data, connectNulls: false, showSymbol: series.draw === "line", symbolSize: 7,
    symbol: series.dash === "dashed" ? "diamond" : series.dash === "dotted" ? "triangle" : "circle",
    itemStyle: { color: colours[series.tone] },
    lineStyle: { color: colours[series.tone], width: 2, type: DASHES[series.dash || "solid"] },
  });
  const bar = (series, colours) => ({
    type: "bar", name: series.name, stack: series.stack, data: series.data, barMaxWidth: 36, z: 2,
    itemStyle: { color: colours[series.tone], decal: decal(series.tone, colours), borderColor: series.tone === "blank" ? colours.quiet : colours.ground, borderWidth: 0.5 },
  });
  const drawn = (spec, colours) =>
    spec.series.map((one) =>
      one.draw === "band" ? band(one, colours)
        : one.draw === "range" ? whisker(one, colours, spec.horizontal)
          : one.draw === "bar" ? bar(one, colours) : line(one, colours));

  /* An axis's name in two lines where one is too long. */
  const halved = (title, width) => {
    if (7 * title.length <= width) return title;
    const middle = title.indexOf(" ", title.length / 2 - 4);
    return middle < 0 ? title : `${title.slice(0, middle)}\n${title.slice(middle + 1)}`;
  };
  const axes = (spec, colours, size) => {
    const text = { color: colours.quiet, fontSize: 12, fontFamily: FONT };
    const name = (title) => ({ name: title, nameLocation: "middle", nameTextStyle: { ...text, lineHeight: 15 } });
    const values = {
      type: "value", min: 0, max: spec.y.max, ...name(spec.y.name), nameGap: spec.horizontal ? 28 : 44,
      minInterval: spec.y.unit === "count" ? 1 : undefined,
      axisLabel: { ...text, formatter: (value) => written(value, spec.y.unit) },
      splitLine: { lineStyle: { color: colours.line } },
    };
    const x = spec.x.type === "category"
      ? { type: "category", data: spec.x.labels, ...name(spec.horizontal ? "" : spec.x.name), nameGap: 30, inverse: Boolean(spec.horizontal),
          axisLabel: { ...text, interval: spec.horizontal ? 0 : "auto", hideOverlap: true, width: spec.horizontal ? (size.width > 560 ? 190 : 110) : undefined, overflow: spec.horizontal ? "break" : undefined, lineHeight: spec.horizontal ? 14 : undefined } }
      : { type: "value", min: 0, max: spec.x.max, interval: spec.x.every, ...name(halved(spec.x.name, size.width - 130)), nameGap: 28,
          axisLabel: { ...text, hideOverlap: true, formatter: (value) => plain.format(value) }, splitLine: { show: false } };
    x.axisLine = { lineStyle: { color: colours.quiet } };
    x.axisTick = { show: false };
    return spec.horizontal ? { xAxis: values, yAxis: x } : { xAxis: x, yAxis: values };
  };
  const WHISKER = "path://M0 5H24V7H0ZM0 0H2V12H0ZM22 0H24V12H22Z";
  /* An entry of the legend is a sign and its words, about so wide; what is wider than all there is
     goes on in further lines. */
  const [SIGN, LETTER] = [50, 7];
  const legend = (colours, names, width, icons = []) => ({
    bottom: 0, itemWidth: 28, itemHeight: 12, itemGap: 16, selectedMode: false,
    textStyle: { color: colours.ink, fontFamily: FONT, fontSize: 12 },
    data: names.map((name, index) => ({ name, icon: icons[index],
      ...(SIGN + LETTER * name.length > width ? { textStyle: { width: width - SIGN, overflow: "break", lineHeight: 15 } } : {}) })),
  });
  /* How many lines the legend takes: its entries one after the other, as wide as their words. */
  const lines = (names, width) => {
    let [found, used] = [0, width];
    for (const name of names) {
      const wide = SIGN + LETTER * name.length;
      if (used + wide > width) { found += Math.ceil((LETTER * name.length) / (width - SIGN)); used = 0; }
      used += wide;
    }
    return found;
  };
  const plotted = (spec, colours, size, head) => {
    const names = spec.series.map((one) => one.name);
    const several = names.length > 1;
    const icons = spec.series.map((one) => (one.draw === "range" ? WHISKER : undefined));
    return {
      ...axes(spec, colours, size),
      grid: { left: spec.horizontal ? 12 : 32, right: 24, top: head + 12, bottom: several ? 16 + 22 * lines(names, size.width) : 8, outerBoundsMode: "same" },
      legend: several ? legend(colours, names, size.width, icons) : undefined,
      series: drawn(spec, colours),
    };
  };

  /* The map: each class of shares a series of outlines on hidden axes, in equal scale. */
  let outlines = null;
  const ring = (points, api) => `M${points.map(([x, y]) => api.coord([x, y]).map((one) => one.toFixed(1)).join(" ")).join("L")}Z`;
  const outline = (feature, api) => feature.geometry.coordinates.flat().map((points) => ring(points, api)).join("");
  const pieceOf = (spec, value) => spec.pieces.findIndex((piece) => value >= piece.min && value < piece.max);
  const countries = (spec, piece, colours) => {
    const known = new Map(spec.values.map((one) => [one.code, one]));
    const here = outlines.features.filter(({ properties }) => {
      const one = known.get(properties.name);
      if (properties.small && one === undefined) return false;
      return (one === undefined || one.value === null ? -1 : pieceOf(spec, one.value)) === piece;
    });
    const fill = piece < 0 ? colours.ground : colours[`map-${piece}`];
    return {
      type: "custom", name: piece < 0 ? spec.none : spec.pieces[piece].label, z: piece < 0 ? 1 : 2, clip: false,
      data: here.map((feature, index) => ({ name: feature.properties.name, value: [0, 0, index] })),
      itemStyle: { color: fill, borderColor: colours.quiet, borderWidth: 0.5, decal: piece < 0 ? undefined : decal(`map-${piece}`, colours) },
      renderItem: (params, api) => ({
        type: "path",
        shape: { pathData: outline(here[params.dataIndex], api) },
        style: { fill, decal: api.visual("decal"), stroke: colours.quiet, lineWidth: 0.5 },
        emphasis: { style: { stroke: colours.ink, lineWidth: 2 } },
      }),
    };
  };
  const span = () => {
    const points = outlines.features.flatMap((feature) => feature.geometry.coordinates.flat(2));
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const most = (values) => values.reduce((a, b) => Math.max(a, b));
    const least = (values) => values.reduce((a, b) => Math.min(a, b));
    return { x: [least(xs), most(xs)], y: [least(ys), most(ys)] };
  };
  const mapped = (spec, colours, size, head) => {
    const { x, y } = span();
    const names = [spec.none, ...spec.pieces.map((piece) => piece.label)];
    const [wide, high] = [size.width - 8, size.height - head - 12 - 22 * lines(names, size.width)];
    const scale = Math.min(wide / (x[1] - x[0]), high / (y[1] - y[0]));
    const [width, height] = [(x[1] - x[0]) * scale, (y[1] - y[0]) * scale];
    const hidden = { type: "value", show: false };
    return {
      grid: { left: (size.width - width) / 2, top: head + 4 + (high - height) / 2, width, height },
      xAxis: { ...hidden, min: x[0], max: x[1] },
      yAxis: { ...hidden, min: y[0], max: y[1] },
      legend: legend(colours, names, size.width),
      series: [-1, ...spec.pieces.keys()].map((piece) => countries(spec, piece, colours)),
    };
  };
  const option = (spec, colours, size, head = 0) => {
    const made = spec.kind === "map" ? mapped(spec, colours, size, head) : plotted(spec, colours, size, head);
    if (head) {
      made.title = { text: spec.title, subtext: spec.note, left: 16, top: 12, itemGap: 8,
        textStyle: { color: colours.ink, fontFamily: FONT, fontSize: 18, width: size.width - 32, overflow: "break" },
        subtextStyle: { color: colours.quiet, fontFamily: FONT, fontSize: 12, width: size.width - 32, overflow: "break", lineHeight: 17 } };
    }
    return { animation: false, backgroundColor: head ? colours.ground : "transparent", textStyle: { fontFamily: FONT }, ...made };
  };

  /* What stands at a place is written beside the pointer. */
  const tell = (figure, text, at) => {
    const tip = figure.querySelector(".tip");
    const plot = figure.querySelector(".plot");
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const left = at[0] + 16 + tip.offsetWidth > plot.clientWidth ? at[0] - 16 - tip.offsetWidth : at[0] + 16;
    tip.style.left = `${Math.max(left, 0)}px`;
    tip.style.top = `${Math.max(Math.min(at[1], plot.clientHeight - tip.offsetHeight), 0)}px`;
  };
  const followed = (figure, spec, chart) => {
    if (spec.kind === "map") {
      chart.on("mousemove", (given) => {
        const place = spec.values.findIndex((one) => one.code === given.name);
        tell(figure, place < 0 ? "" : spoken(spec, place), [given.event.offsetX, given.event.offsetY]);
      });
    } else {
      chart.getZr().on("mousemove", ({ offsetX, offsetY }) => {
        const inside = chart.containPixel("grid", [offsetX, offsetY]);
        const at = inside && chart.convertFromPixel("grid", [offsetX, offsetY])[spec.horizontal ? 1 : 0];
        tell(figure, inside ? spoken(spec, spec.x.type === "category" ? Math.round(at) : Math.round(at * 100) / 100) : "", [offsetX, offsetY]);
      });
    }
    chart.getZr().on("globalout", () => tell(figure, ""));
  };

  const draw = (figure, spec) => {
    const place = figure.querySelector(".plot");
    let chart = charts.get(figure);
    if (!chart) {
      place.replaceChildren();
      chart = window.echarts.init(place, null, { renderer: "canvas" });
      const tip = document.createElement("div");
      tip.className = "tip";
      tip.hidden = true;
      place.append(tip);
      charts.set(figure, chart);
      followed(figure, spec, chart);
    }
    chart.setOption(option(spec, tokens(figure), { width: place.clientWidth, height: place.clientHeight }), { notMerge: true });
    figure.dataset.drawn = "yes";
  };

  /* The arrow keys walk the points: shown at the chart, said aloud. */
  const places = (spec) =>
    spec.kind === "map" ? spec.values.map((_, index) => index)
      : spec.x.type === "category" ? spec.x.labels.map((_, index) => index) : spec.x.stops.map(([at]) => at);
  const pixel = (chart, spec, at) => {
    if (spec.kind === "map") return [16, 16];
    const place = chart.convertToPixel(spec.horizontal ? { yAxisIndex: 0 } : { xAxisIndex: 0 }, at);
    return spec.horizontal ? [chart.getWidth() / 2, place] : [place, 24];
  };
  const point = (figure, spec, at) => {
    tell(figure, spoken(spec, at), pixel(charts.get(figure), spec, at));
    const said = document.getElementById("said");
    if (said) said.textContent = spoken(spec, at).replaceAll("\n", "; ");
  };
  const keyed = (figure, spec) => {
    const plot = figure.querySelector(".plot");
    const all = places(spec);
    let here = -1;
    plot.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") tell(figure, "");
      else if (event.key === "Home" || event.key === "End") here = event.key === "Home" ? 0 : all.length - 1;
      else if (by) here = here < 0 ? 0 : Math.min(Math.max(here + by, 0), all.length - 1);
      else return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key !== "Escape" && all.length) point(figure, spec, all[here]);
    });
    plot.addEventListener("blur", () => tell(figure, ""));
  };

  const save = (spec, blob, ending) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `takedown-${spec.id}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  const SIZE = { width: 1200, height: 720 };
  const HEAD = 112;
  const asSvg = (spec) => {
    const chart = window.echarts.init(null, null, { renderer: "svg", ssr: true, ...SIZE });
    chart.setOption(option(spec, paper(), SIZE, HEAD));
    const text = chart.renderToSVGString();
    chart.dispose();
    save(spec, new Blob([text], { type: "image/svg+xml" }), "svg");
  };
  const asPng = (spec) => {
    const canvas = document.createElement("canvas");
    const chart = window.echarts.init(canvas, null, { renderer: "canvas", devicePixelRatio: 2, ...SIZE });
    chart.setOption(option(spec, paper(), SIZE, HEAD));
    chart.getZr().flush();
    canvas.toBlob((blob) => { save(spec, blob, "png"); chart.dispose(); });
  };
  const cell = (text) => {
    const safe = /^[\s]*[=+\-@\t\r]/.test(text) && isNaN(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const asCsv = (spec, figure) => {
    const rows = [...figure.querySelectorAll("table tr")].map((row) =>
      [...row.children].map((one) => cell(one.dataset.value ?? one.textContent.trim().replace(/\s+/g, " "))).join(","));
    const lines = [cell(spec.title), cell(spec.note), ...rows];
    save(spec, new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" }), "csv");
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("figure[data-chart] button[data-save]");
    if (!button) return;
    const figure = button.closest("figure");
    const spec = JSON.parse(figure.dataset.chart);
    ({ svg: asSvg, png: asPng, csv: asCsv })[button.dataset.save](spec, figure);
  });

  const start = async () => {
    const specs = figures.map((figure) => [figure, JSON.parse(figure.dataset.chart)]);
    const world = figures.find((figure) => figure.dataset.world)?.dataset.world;
    for (const [figure, spec] of specs) if (spec.kind !== "map") draw(figure, spec);
    if (world) outlines = await (await fetch(world, { credentials: "same-origin" })).json();
    for (const [figure, spec] of specs) {
      if (spec.kind === "map") draw(figure, spec);
      keyed(figure, spec);
      for (const button of figure.querySelectorAll("button[data-save]")) button.hidden = false;
    }
    const again = () => { for (const [figure, spec] of specs) { charts.get(figure).resize(); draw(figure, spec); } };
    let waiting = 0;
    window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(again, 120); });
    dark.addEventListener("change", again);
    document.documentElement.dataset.charts = "drawn";
  };
  start();
})();
