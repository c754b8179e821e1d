<StyledLayerDescriptor xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc" version="1.0.0">
<NamedLayer>
<Name>{name}</Name>
<UserStyle>
<FeatureTypeStyle>
<Rule>
<PolygonSymbolizer>
<Fill>
<CssParameter name="fill">#20407A</CssParameter>
<CssParameter name="fill-opacity">0.55</CssParameter>
</Fill>
<Stroke>
<CssParameter name="stroke">#20407A</CssParameter>
<CssParameter name="stroke-width">1.2</CssParameter>
</Stroke>
</PolygonSymbolizer>
</Rule>
</FeatureTypeStyle>
</UserStyle>
</NamedLayer>
</StyledLayerDescriptor>
