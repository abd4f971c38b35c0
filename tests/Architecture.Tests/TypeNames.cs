using System.Reflection;

namespace Collection.Architecture.Tests;

/// <summary>Types as C# writes them, without namespaces.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(byte)] = "byte",
        [typeof(char)] = "char", [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint",
        [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] = "decimal",
    };

    public static string Of(NullabilityInfo info)
    {
        var type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Of(value) + "?";
        var name = type.IsArray && info.ElementType is { } element ? Of(element) + "[]"
            : info.GenericTypeArguments.Length > 0 && !type.IsNested ? $"{Bare(type)}<{string.Join(", ", info.GenericTypeArguments.Select(Of))}>"
            : Of(type);
        
        // A type parameter without constraints counts as nullable, and is written without a question mark.
        return info.ReadState == NullabilityState.Nullable && type is { IsValueType: false, IsGenericParameter: false } ? name + "?" : name;
    }

    public static string Of(Type type)
    {
        if (type.IsByRef)
            return Of(type.GetElementType()!);
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        if (type.IsArray)
            return Of(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Of(value) + "?";
        if (type.IsGenericParameter)
            return type.Name;
        var outer = type.IsNested ? Bare(type.DeclaringType!) + "." : "";
        var arguments = type.GetGenericArguments();
        return arguments.Length == 0 ? outer + type.Name : $"{outer}{Bare(type)}<{string.Join(", ", arguments.Select(Of))}>";
    }

    private static string Bare(Type type) => type.Name.Split('`')[0];
}
