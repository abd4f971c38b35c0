using Microsoft.AspNetCore.Components;
using Sellers.Client.Pages;

namespace Sellers.Client.Devtools;

/// <summary>The developer tools, in builds that have them: Debug, and any with <c>-p:Devtools=true</c>. Otherwise nothing, and nothing of them is in the app.</summary>
internal static class DeveloperTools
{
    /// <summary>The panel over one person's sellers.</summary>
    public static RenderFragment Of(LocalSellers sellers) => builder =>
    {
#if DEVTOOLS
        builder.OpenComponent<SellersDevtools>(0);
        builder.AddComponentParameter(1, nameof(SellersDevtools.Sellers), sellers);
        builder.CloseComponent();
#endif
    };
}
