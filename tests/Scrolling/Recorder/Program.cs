using System.Globalization;
using System.Text;
using Microsoft.Playwright;

// Records what a scroller does in Chromium under wheel, trackpad, touch and a held key, and writes it down with the motions
// that are reckoned: dotnet run --project tests/Scrolling/Recorder -- tests/Scrolling/traces
const int Screen = 900;
var folder = args is [var given] ? given : throw new ArgumentException("Say which folder the traces go to.");

using var playwright = await Playwright.CreateAsync();
await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
{
    ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } path ? path : "/usr/bin/chromium",
    Args = ["--no-sandbox", "--disable-gpu", "--enable-smooth-scrolling"],
});
var context = await browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new() { Width = 800, Height = Screen }, HasTouch = true });
var page = await context.NewPageAsync();
await page.SetContentAsync($"<body style='margin:0'><div id=s tabindex=0 style='height:{Screen}px;overflow:auto'><div style='height:3600000px'></div></div>");
var input = await context.NewCDPSessionAsync(page);

await RecordAsync("wheel", "notches of 120 px: a few, a burst, upwards, single ones", async () =>
{
    foreach (var (notches, milliseconds) in new[] { (3, 120), (12, 45), (-6, 60), (25, 30), (1, 500), (1, 500), (-2, 200) })
        await WheelAsync(notches, milliseconds, 120);
});
await RecordAsync("trackpad", "two fingers at 60 Hz with the inertia of the pad: three swipes down, one up", async () =>
{
    foreach (var speed in new[] { 40.0, 90, 140, -70 })
    {
        for (var delta = speed; Math.Abs(delta) > 0.5; delta *= 0.955)
            await WheelAsync(1, 16, delta);
        await Task.Delay(350);
    }
});
await RecordAsync("touch", "flicks with the browser's own momentum", async () =>
{
    foreach (var (distance, frames) in new[] { (-400, 20), (-600, 12), (-600, 6), (500, 8) })
    {
        await FlickAsync(distance, frames);
        await Task.Delay(900);
    }
});
await RecordAsync("pagedown", "the key held down for three seconds, then one press at a time", async () =>
{
    await page.Locator("#s").FocusAsync();
    for (var i = 0; i < 90; i++)
        await PressAsync(isRepeat: i > 0);
    foreach (var _ in Enumerable.Range(0, 3))
    {
        await Task.Delay(700);
        await PressAsync(isRepeat: false);
    }
});
await RecordAsync("reading", "a notch now and then", async () =>
{
    foreach (var _ in Enumerable.Range(0, 12))
        await WheelAsync(1, 450, 120);
});

// What has no input to record in a headless browser: shares of the whole way, as a hand moves from rest to rest.
Write("drag", "share", "the thumb of the scrollbar: the whole way and back, searching to and fro, slowly within a thousandth", Hand([(0, 600), (1, 1800), (1, 400), (0.3, 1400), (0.3, 300), (0.36, 500), (0.33, 400), (0.345, 500), (0.34, 700), (0.3405, 1500), (0.34, 1500)]));
Write("jumps", "share", "to the end, the start and places between, with a look at each", Jumps([1, 0, 0.5, 0.25, 0.9, 0.9001, 0.1, 0.7, 0, 1], 450));

async Task WheelAsync(int notches, int milliseconds, double delta)
{
    for (var i = 0; i < Math.Abs(notches); i++)
    {
        await input.SendAsync("Input.dispatchMouseEvent", new() { ["type"] = "mouseWheel", ["x"] = 400, ["y"] = 400, ["deltaX"] = 0, ["deltaY"] = notches < 0 ? -delta : delta });
        await Task.Delay(milliseconds);
    }
}

async Task FlickAsync(int distance, int frames)
{
    var from = distance < 0 ? Screen - 100 : 100;
    await TouchAsync("touchStart", from);
    for (var frame = 1; frame <= frames; frame++)
    {
        await Task.Delay(16);
        await TouchAsync("touchMove", from + (distance * frame / frames));
    }

    await TouchAsync("touchEnd", null);
}

async Task TouchAsync(string type, int? y)
{
    object[] points = y is { } at ? [new Dictionary<string, object> { ["x"] = 400, ["y"] = at }] : [];
    await input.SendAsync("Input.dispatchTouchEvent", new() { ["type"] = type, ["touchPoints"] = points });
}

async Task PressAsync(bool isRepeat)
{
    await input.SendAsync("Input.dispatchKeyEvent", new() { ["type"] = "rawKeyDown", ["key"] = "PageDown", ["code"] = "PageDown", ["windowsVirtualKeyCode"] = 34, ["autoRepeat"] = isRepeat });
    await Task.Delay(33);
}

async Task RecordAsync(string name, string what, Func<Task> gesture)
{
    await page.EvaluateAsync("""
        () => {
          const scroller = document.getElementById('s');
          scroller.scrollTop = 0;
          window.frames_ = [];
          window.isOver = false;
          const start = performance.now();
          const note = now => {
            window.frames_.push([Math.round((now - start) * 10) / 10, scroller.scrollTop]);
            if (!window.isOver) requestAnimationFrame(note);
          };
          requestAnimationFrame(note);
        }
        """);
    await gesture();
    // Until it has come to rest for half a second.
    await page.WaitForFunctionAsync("() => { const f = window.frames_; const last = f.at(-1); return last[0] > 1000 && f.filter(x => x[0] > last[0] - 500).every(x => x[1] === last[1]); }");
    var frames = await page.EvaluateAsync<double[][]>("() => { window.isOver = true; return window.frames_; }");
    Write(name, "px", what, frames.Select(frame => (Math.Max(frame[0] - frames[0][0], 0), frame[1])));
}

void Write(string name, string unit, string what, IEnumerable<(double Milliseconds, double Position)> frames)
{
    var text = new StringBuilder($"# {what}\nms,{unit}\n");
    (double Milliseconds, double Position)? held = null;
    double? last = null;
    foreach (var frame in frames)
    {
        // Of a rest, its beginning and its end.
        if (frame.Position == last)
        {
            held = frame;
            continue;
        }

        if (held is { } end)
            Line(end);
        (held, last) = (null, frame.Position);
        Line(frame);
    }

    if (held is { } rest)
        Line(rest);
    File.WriteAllText(Path.Combine(folder, $"{name}.csv"), text.ToString());
    Console.WriteLine($"{name}: {text.Length} bytes");

    void Line((double Milliseconds, double Position) frame) => text.Append(CultureInfo.InvariantCulture, $"{frame.Milliseconds:0.#},{frame.Position:0.######}\n");
}

// The path of least jerk, which hands take from rest to rest.
static IEnumerable<(double, double)> Hand(IReadOnlyList<(double Share, int Milliseconds)> moves)
{
    var (from, start) = (0.0, 0.0);
    foreach (var (to, milliseconds) in moves)
    {
        for (var at = 0.0; at < milliseconds; at += 1000.0 / 60)
        {
            var t = at / milliseconds;
            yield return (start + at, from + ((to - from) * t * t * t * (10 + (t * (-15 + (6 * t))))));
        }

        (from, start) = (to, start + milliseconds);
    }

    yield return (start, from);
    yield return (start + 500, from);
}

static IEnumerable<(double, double)> Jumps(IReadOnlyList<double> shares, int milliseconds)
{
    yield return (0, 0);
    for (var i = 0; i < shares.Count; i++)
    {
        yield return (((i + 1) * milliseconds) - 1, i == 0 ? 0 : shares[i - 1]);
        yield return ((i + 1) * milliseconds, shares[i]);
    }

    yield return (((shares.Count + 1) * milliseconds) + 500, shares[^1]);
}
