<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Fields">{aliases}<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">
<symbols>
<symbol type="line" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleLine" enabled="1" locked="0" pass="0">
<prop k="line_color" v="32,64,122,255"/>
<prop k="line_width" v="0.5"/>
<prop k="capstyle" v="round"/>
<prop k="joinstyle" v="round"/>
</layer>
</symbol>
</symbols>
<rotation/><sizescale/>
</renderer-v2>
<blendMode>0</blendMode>
<featureBlendMode>0</featureBlendMode>
<layerOpacity>1</layerOpacity>
</qgis>
