using Microsoft.Playwright;

namespace Collection;

/// <summary>Waiting for what a page can only find out asynchronously.</summary>
internal static class PageWait
{
    /// <summary>
    /// Waits, at most a minute, until an async function in the page returns true. <see cref="IPage.WaitForFunctionAsync"/>
    /// does not await it: it takes the promise for a yes, and returns at once.
    /// </summary>
    public static async Task WaitForAsync(this IPage page, string asyncFunction, object? argument = null) =>
        (await page.EvaluateAsync<bool>(
            $$"""
            async argument => {
              const holds = {{asyncFunction}};
              const end = performance.now() + 60_000;
              while (!(await holds(argument))) {
                if (performance.now() > end) return false;
                await new Promise(resolve => setTimeout(resolve, 50));
              }
              return true;
            }
            """,
            argument)).ShouldBeTrue($"within a minute: {asyncFunction}");
}
