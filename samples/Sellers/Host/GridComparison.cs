using Microsoft.Extensions.FileProviders;

namespace Sellers.Host;

/// <summary>The page that shows the same rows in several grids: an app of its own, published beside the sellers' where somebody wants it.</summary>
internal static class GridComparison
{
    private const string Folder = "compare";

    /// <summary>Serves it below <c>/compare</c> where it is there. It holds no data, so that it is open to all.</summary>
    public static void UseGridComparison(this WebApplication app)
    {
        var folder = Path.Combine(app.Environment.WebRootPath ?? "", Folder);
        if (!Directory.Exists(folder))
            return;
        var options = new FileServerOptions { FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)), RequestPath = $"/{Folder}" };
        options.StaticFileOptions.ServeUnknownFileTypes = true;
        app.UseFileServer(options);
    }
}
