using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes <c>dotnet.boot.js</c>, the module in which <c>dotnet.js</c> finds out what to download:
/// every file by its fingerprinted name and its hash.
/// </summary>
public sealed class WriteBootConfig : Task
{
    /// <summary>These two start before the others: the runtime needs them to initialize itself.</summary>
    private static readonly string[] CoreAssemblies =
        { "System.Private.CoreLib.dll", "System.Runtime.InteropServices.JavaScript.dll" };

    /// <summary>Static web assets below <c>_framework</c>, with RelativePath, Fingerprint and Integrity.</summary>
    [Required]
    public ITaskItem[] Assets { get; set; }

    [Required]
    public string MainAssemblyName { get; set; }

    [Required]
    public string EnvironmentName { get; set; }

    [Required]
    public string RuntimeConfigFile { get; set; }

    [Required]
    public string OutputFile { get; set; }

    public override bool Execute()
    {
        var files = Assets.Select(asset => new FrameworkFile(asset)).OrderBy(file => file.VirtualPath, StringComparer.Ordinal).ToList();
        var resources = new[]
        {
            List(files, "jsModuleNative", file => file.VirtualPath == "dotnet.native.js", hashed: false),
            List(files, "jsModuleRuntime", file => file.VirtualPath == "dotnet.runtime.js", hashed: false),
            List(files, "wasmNative", file => file.VirtualPath == "dotnet.native.wasm"),
            List(files, "icu", file => file.Extension == ".dat"),
            List(files, "coreAssembly", file => CoreAssemblies.Contains(file.VirtualPath)),
            List(files, "assembly", file => file.Extension == ".dll" && !CoreAssemblies.Contains(file.VirtualPath)),
        };
        var isInvariant = !files.Any(file => file.Extension == ".dat");

        var text = "export const config = {\n" +
            $"  \"mainAssemblyName\": \"{MainAssemblyName}\",\n" +
            $"  \"applicationEnvironment\": \"{EnvironmentName}\",\n" +
            $"  \"resources\": {{\n{string.Join(",\n", resources)}\n  }},\n" +
            "  \"debugLevel\": 0,\n" +
            $"  \"globalizationMode\": \"{(isInvariant ? "invariant" : "sharded")}\",\n" +
            "  \"extensions\": { \"blazor\": {} },\n" +
            $"  \"runtimeConfig\": {File.ReadAllText(RuntimeConfigFile).Trim()}\n" +
            "};\n";

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(OutputFile)));
        if (!File.Exists(OutputFile) || File.ReadAllText(OutputFile) != text)
        {
            File.WriteAllText(OutputFile, text);
        }

        return true;
    }

    private static string List(List<FrameworkFile> files, string kind, Func<FrameworkFile, bool> belongs, bool hashed = true)
    {
        var lines = files.Where(belongs).Select(file => hashed
            ? $"      {{ \"virtualPath\": \"{file.VirtualPath}\", \"name\": \"{file.Name}\", \"hash\": \"sha256-{file.Integrity}\", \"cache\": \"force-cache\" }}"
            : $"      {{ \"name\": \"{file.Name}\" }}");
        return $"    \"{kind}\": [\n{string.Join(",\n", lines)}\n    ]";
    }

    private sealed class FrameworkFile
    {
        private const string Token = "#[.{fingerprint}]!";

        public FrameworkFile(ITaskItem asset)
        {
            var path = asset.GetMetadata("RelativePath").Replace('\\', '/');
            var pattern = path.Substring(path.LastIndexOf('/') + 1);
            VirtualPath = pattern.Replace(Token, "");
            Name = pattern.Replace(Token, "." + asset.GetMetadata("Fingerprint"));
            Extension = Path.GetExtension(VirtualPath);
            Integrity = asset.GetMetadata("Integrity");
        }

        public string VirtualPath { get; }

        public string Name { get; }

        public string Extension { get; }

        public string Integrity { get; }
    }
}
