using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Collection.Architecture.Tests;

/// <summary>The public API of an assembly as text: one type after another by name, one member a line, in an order of their own.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Header(type)).Append('\n');
            foreach (var line in Members(type))
                text.Append("    ").Append(line).Append('\n');
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Header(Type type)
    {
        var bases = new List<string>();
        if (type.BaseType is { } parent && parent != typeof(object) && !type.IsValueType && !IsDelegate(type))
            bases.Add(TypeNames.Of(parent));
        if (!type.IsEnum)
            bases.AddRange(type.GetInterfaces().Where(face => face.IsVisible && type.BaseType?.GetInterfaces().Contains(face) != true).Select(TypeNames.Of).Order(StringComparer.Ordinal));
        return $"{Kind(type)} {type.Namespace}.{TypeNames.Of(type)}{(bases.Count > 0 ? " : " : "")}{string.Join(", ", bases)}";
    }

    private static string Kind(Type type)
    {
        var record = type.GetMethod("<Clone>$", Declared) is not null || (type.IsValueType && type.GetMethod("PrintMembers", Declared) is not null) ? "record " : "";
        return type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            _ when IsDelegate(type) => "delegate",
            { IsValueType: true } => (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "") + (type.IsByRefLike ? "ref " : "") + record + "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            _ => (type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "") + record + "class",
        };
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return Enum.GetValues(type).Cast<object>().Select(value => $"{value} = {Convert.ToInt64(value, CultureInfo.InvariantCulture)}");
        var nullability = new NullabilityInfoContext();
        if (IsDelegate(type))
            return [Method(type.GetMethod("Invoke")!, nullability)];
        return type.GetMembers(Declared).Select(member => Member(member, nullability)).OfType<string>().Order(StringComparer.Ordinal);
    }

    /// <summary>A line, or null for what is not public or what the compiler has added.</summary>
    private static string? Member(MemberInfo member, NullabilityInfoContext nullability) => member switch
    {
        _ when member.IsDefined(typeof(CompilerGeneratedAttribute)) && member is not FieldInfo => null,
        ConstructorInfo constructor when IsVisible(constructor) => $"{Access(constructor)}new({Parameters(constructor, nullability)})",
        MethodInfo { IsSpecialName: false } method when IsVisible(method) => Method(method, nullability),
        MethodInfo { IsSpecialName: true } method when IsVisible(method) && method.Name.StartsWith("op_", StringComparison.Ordinal) => Method(method, nullability),
        FieldInfo { IsPublic: true } field => (field.IsLiteral ? "const " : field.IsStatic ? "static " : "") + $"{TypeNames.Of(nullability.Create(field))} {field.Name}" + (field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : ""),
        PropertyInfo property when property.GetAccessors().Length > 0 => Property(property, nullability),
        EventInfo happening when happening.AddMethod is { IsPublic: true } => $"event {TypeNames.Of(nullability.Create(happening))} {happening.Name}",
        _ => null,
    };

    private static string Method(MethodInfo method, NullabilityInfoContext nullability)
    {
        var generic = method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(TypeNames.Of))}>" : "";
        var modifiers = Access(method) + (method.IsStatic ? "static " : method.IsAbstract && !method.DeclaringType!.IsInterface ? "abstract " : IsOverride(method) ? "override " : method.IsVirtual && !method.IsFinal && !method.IsAbstract ? "virtual " : "");
        return $"{modifiers}{TypeNames.Of(nullability.Create(method.ReturnParameter))} {method.Name}{generic}({Parameters(method, nullability)})";
    }

    private static string Property(PropertyInfo property, NullabilityInfoContext nullability)
    {
        var accessors = property.GetAccessors();
        var setter = property.SetMethod is not { IsPublic: true } set ? ""
            : set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;";
        var index = property.GetIndexParameters();
        var name = index.Length > 0 ? $"this[{string.Join(", ", index.Select(parameter => Parameter(parameter, nullability)))}]" : property.Name;
        return (accessors[0].IsStatic ? "static " : "") + (property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "")
            + $"{TypeNames.Of(nullability.Create(property))} {name} {{{(property.GetMethod is { IsPublic: true } ? " get;" : "")}{setter} }}";
    }

    private static string Parameters(MethodBase method, NullabilityInfoContext nullability) =>
        (method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "") + string.Join(", ", method.GetParameters().Select(parameter => Parameter(parameter, nullability)));

    private static string Parameter(ParameterInfo parameter, NullabilityInfoContext nullability)
    {
        var passing = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        return $"{passing}{TypeNames.Of(nullability.Create(parameter))} {parameter.Name}{(parameter.HasDefaultValue ? $" = {Literal(parameter.DefaultValue)}" : "")}";
    }

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static bool IsDelegate(Type type) => type.IsSubclassOf(typeof(Delegate));

    private static bool IsVisible(MethodBase method) => method.IsPublic || (method is { IsFamily: true } or { IsFamilyOrAssembly: true } && !method.DeclaringType!.IsSealed);

    private static bool IsOverride(MethodInfo method) => method.GetBaseDefinition().DeclaringType != method.DeclaringType;

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";
}
